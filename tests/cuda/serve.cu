// SPDX-License-Identifier: Apache-2.0
// A Recommender on a device: requests of a repeated shape take one launch, with bit-identical results.
#include <catch2/catch.hpp>

#include <memory>
#include <thread>
#include <vector>

#include <coco/backbone/sasrec.hpp>
#include <coco/cuda/cuda.cuh>
#include <coco/nn/parameters.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/serve/recommender.hpp>

using namespace coco;
using P = Cuda;
using Plain = SequentialRecommender<backbone::SASRec>;

namespace {

constexpr Index items = 70, window = 12;

TrainedModel<Plain, P> trained(const std::shared_ptr<P>& on) {
    Plain::Config config;
    config.behaviour.backbone.window = window;
    Sampling sampling;
    sampling.window = window;
    const auto model = std::make_shared<const Plain>(config, items);
    return {on, model, std::make_shared<Parameters<P>>(*on, model->layout(), 5),
            BatchBuilder(sampling, items), nullptr};
}

std::vector<Id> history(std::uint64_t seed, Index length) {
    RandomStream random(seed);
    std::vector<Id> all;
    for (Index i = 0; i < length; ++i) all.push_back(static_cast<Id>(random.below(items)));
    return all;
}

}  // namespace

TEST_CASE("serve: repeated shapes take one launch, with bit-identical results", "[graph]") {
    const auto on = std::make_shared<P>();
    const TrainedModel<Plain, P> served = trained(on);
    const Recommender<Plain, P> recommender(served);
    const auto score = [&](const Recommender<Plain, P>& by, std::uint64_t seed, Index length) {
        const std::vector<Id> had = history(seed, length);
        return by.recommend({.history = had, .k = 5, .exclude = {}}).items;
    };
    // The first requests let the memory grow to its final size; each of them runs without a graph.
    for (const Index length : {window, Index{3}, window}) score(recommender, 1, length);
    const Index first = on->device().stream().launches;
    score(recommender, 1, 4);
    WARN("launches of a plain request: " << on->device().stream().launches - first);

    // Histories of other items, some of them repeated, in repeated shapes.
    for (std::uint64_t seed = 10; seed < 16; ++seed)
        for (const Index length : {window, Index{3}}) {
            const Index before = on->device().stream().launches;
            const auto repeated = score(recommender, seed, length);
            const Index launches = on->device().stream().launches - before;
            INFO("seed " << seed << ", length " << length);
            if (seed > 10) CHECK(launches == 1);
            CHECK(repeated.size() == 5);
            CHECK(repeated == score(Recommender<Plain, P>(served), seed, length));
        }

    // A batch larger than all before moves the workspace of the RequestContext: recorded graphs are not used
    // again.
    std::vector<std::vector<Id>> many;
    std::vector<Request> requests;
    for (std::uint64_t seed = 0; seed < 80; ++seed) many.push_back(history(seed, window));
    for (const std::vector<Id>& one : many) requests.push_back({.history = one, .k = 40, .exclude = {}});
    CHECK(recommender.recommend(requests).size() == many.size());
    for (std::uint64_t seed = 20; seed < 24; ++seed)
        CHECK(score(recommender, seed, window) == score(Recommender<Plain, P>(served), seed, window));
}

TEST_CASE("serve: threads share a device and its recorded graphs", "[graph]") {
    const auto on = std::make_shared<P>();
    const Recommender<Plain, P> recommender(trained(on));
    std::vector<std::vector<Scored>> expected;
    for (std::uint64_t seed = 0; seed < 4; ++seed)
        expected.push_back(recommender.recommend({.history = history(seed, 5), .exclude = {}}).items);
    std::vector<std::thread> askers;
    std::vector<int> wrong(4, 0);
    for (std::uint64_t seed = 0; seed < 4; ++seed)
        askers.emplace_back([&, seed] {
            const std::vector<Id> had = history(seed, 5);
            for (int n = 0; n < 5; ++n)
                wrong[seed] +=
                    recommender.recommend({.history = had, .exclude = {}}).items == expected[seed] ? 0 : 1;
        });
    for (std::thread& t : askers) t.join();
    CHECK(wrong == std::vector<int>(4, 0));
}
