// SPDX-License-Identifier: Apache-2.0
// Recorded graphs give bit-identical results to the same work without a graph.
#include <catch2/catch.hpp>

#include <vector>

#include <coco/backbone/sasrec.hpp>
#include <coco/cuda/cuda.cuh>
#include <coco/cuda/graphs_by_shape.cuh>
#include <coco/nn/parameters.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

#include "conformance/trial.hpp"

using namespace coco;
using P = Cuda;

namespace {

constexpr Id items = 60, window = 12;

/// Histories of some users, each row of which predicts an item.
HostBatch batch_of(std::uint64_t seed) {
    HostBatch b;
    RandomStream random(seed);
    for (Id person = 0; person < 9; ++person) {
        const Id length = 1 + person % window;
        b.segments.push(length);
        for (Id i = 0; i < length; ++i) {
            b.target_row.push_back(static_cast<Id>(b.item.size()));
            b.item.push_back(static_cast<Id>(random.below(items)));
            b.position.push_back(length - 1 - i);
            b.row_key.push_back(100 * person + i);
            b.target_item.push_back(static_cast<Id>(random.below(items)));
            b.owner.push_back(person);
        }
        b.targets_of.push(length);
        b.group_of_segment.push_back(no_id);
    }
    b.finish(items, window);
    return b;
}

/// x_j *= 2.
struct Double {
    float* x;
    Index size;

    template <class Row>
    COCO_HD void operator()(Index, const Row& row) const {
        float* const at = x;
        row.each(size, [at](Index j) { at[j] *= 2; });
    }
};

/// Training steps of SASRec that yield gradients and the loss.
struct Training {
    using Model = SequentialRecommender<backbone::SASRec>;

    P on;
    Model model;
    Parameters<P> parameters;
    Gradients<P> gradients;
    Block<float, P> metrics;
    Workspace<P> work;
    HostBatch host = batch_of(3);

    static Model::Config config() {
        Model::Config c;
        c.behaviour.backbone.window = window;
        return c;
    }
    Training()
        : model(config(), items),
          parameters(on, model.layout(), 5),
          gradients(on, model.layout()),
          metrics(on, StepMetrics::entries),
          work(on) {}

    Context<P> context() {
        Context<P> r = parameters.context(on, work);
        gradients.attach(r);
        r.training = true;
        r.seed = 4;
        r.step = 2;
        return r;
    }
    void step(Context<P>& r, const Batch<P>& batch) {
        gradients.zero(on);
        on.fill(metrics.list(), 0.0f);
        model.step(r, batch, TrainingStage::behaviour, metrics.data());
    }
    /// The loss, then all gradients.
    std::vector<float> results() {
        std::vector<float> all;
        for (Block<float, P>* block :
             {&metrics, &gradients.block(ParameterBlock::dense), &gradients.block(ParameterBlock::table)}) {
            std::vector<float> part(static_cast<std::size_t>(block->size()));
            on.download(List<const float, space::Device>(block->list()), part.data());
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }
    std::vector<float> plainly() {
        Context<P> r = context();
        step(r, upload(r, host));
        std::vector<float> all = results();
        work.reset();
        return all;
    }
};

}  // namespace

TEST_CASE("graph: a recorded training step is bit-identical to a plain step, and takes one launch",
          "[graph]") {
    Training t;
    const std::vector<float> plain = t.plainly();
    REQUIRE(plain[0] > 0);
    REQUIRE(conformance::same_bits(t.plainly(), plain));

    Context<P> r = t.context();
    const Batch<P> batch = upload(r, t.host);
    const Index before = t.on.device().stream().launches;
    const cuda::Graph graph = t.on.record([&] { t.step(r, batch); });
    CHECK(t.on.device().stream().launches == before);
    CHECK(graph.launches() > 20);
    t.on.fill(t.gradients.block(ParameterBlock::dense).list(), 9.0f);
    for (int turn = 0; turn < 3; ++turn) {
        const Index started = t.on.device().stream().launches;
        t.on.replay(graph);
        CHECK(t.on.device().stream().launches == started + 1);
        CHECK(conformance::same_bits(t.results(), plain));
    }

    // Other values at the same addresses: the result must be that of a plain step.
    std::vector<float> weights(static_cast<std::size_t>(t.parameters.block(ParameterBlock::table).size()));
    t.on.download(List<const float, space::Device>(t.parameters.block(ParameterBlock::table).list()),
                  weights.data());
    for (float& w : weights) w *= 1.5f;
    t.on.upload(weights.data(), t.parameters.block(ParameterBlock::table).list());
    t.on.replay(graph);
    const std::vector<float> replayed = t.results();
    t.work.reset();
    CHECK_FALSE(conformance::same_bits(replayed, plain));
    CHECK(conformance::same_bits(replayed, t.plainly()));
}

TEST_CASE("graph: work that cannot be recorded is an error, and the stream still works", "[graph]") {
    P on;
    Workspace<P> work(on);
    const std::vector<Id> ids{1, 2, 3};
    const List<Id, space::Device> saved = work.keep_list<Id>(3);
    std::vector<Id> back(3);
    const auto refused = [&](const auto& what) {
        CHECK_THROWS_WITH(on.record(what), Catch::Contains("before it is recorded"));
        CHECK_FALSE(on.device().stream().recording);
    };
    refused([&] { on.upload(std::span<const Id>(ids), work); });
    refused([&] { on.download(List<const Id, space::Device>(saved), back.data()); });
    refused([&] { on.upload(ids.data(), saved); });
    refused([&] { Block<float, P>(on, 1000); });
    refused([&] { on.device().wait(); });
    on.upload(ids.data(), saved);
    on.download(List<const Id, space::Device>(saved), back.data());
    CHECK(back == ids);
    CHECK_THROWS_WITH(on.replay(cuda::Graph()), Catch::Contains("nothing was recorded"));
}

TEST_CASE("graph: repeated shapes are recorded, new ones run without a graph", "[graph]") {
    P on;
    conformance::Held<P> x(on, 1, 8, 1);
    cuda::GraphsByShape graphs(2);
    Index asked = 0;
    const auto doubled = [&](Index size) {
        const std::vector<Id> shape{static_cast<Id>(size)};
        const Rows<P> row{x.out().data, 1, size};
        graphs.run(on.device(), shape, [&] {
            ++asked;
            on.for_each_row(1, size, Double{row.data, size});
        });
        std::vector<float> all;
        x.append(all);
        return all;
    };
    CHECK(doubled(3) == std::vector<float>{2, 2, 2, 1, 1, 1, 1, 1});
    CHECK(asked == 1);
    CHECK(doubled(3) == std::vector<float>{4, 4, 4, 1, 1, 1, 1, 1});
    CHECK(doubled(3) == std::vector<float>{8, 8, 8, 1, 1, 1, 1, 1});
    CHECK(asked == 2);
    CHECK(doubled(1) == std::vector<float>{16, 8, 8, 1, 1, 1, 1, 1});
    CHECK(graphs.size() == 2);
    CHECK(doubled(2) == std::vector<float>{32, 16, 8, 1, 1, 1, 1, 1});
    CHECK(graphs.size() == 1);
}
