// SPDX-License-Identifier: Apache-2.0
// The semantic channel against its formula, on the host and on the emulated device.
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/backbone/bert4rec.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/items/semantic.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/sampling/batch_builder.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;
using Recommender = SequentialRecommender<backbone::SASRec, items::Semantic>;
/// Its histories end with a masked row.
using Masking = SequentialRecommender<backbone::BERT4Rec, items::Semantic>;

namespace {

constexpr Index item_count = 9, width = 4, columns = 3;

template <class Model = Recommender>
typename Model::Config config(bool channel, bool map = false) {
    typename Model::Config c;
    c.behaviour.backbone.encoder.width = width;
    c.behaviour.backbone.encoder.hidden = 8;
    c.behaviour.backbone.encoder.layers = 1;
    c.behaviour.items.map = map;
    c.behaviour.items.columns = columns;
    c.behaviour.items.kappa = [](std::span<float> to) {
        RandomStream random(6);
        for (float& v : to) v = static_cast<float>(random.normal());
        std::fill_n(to.begin() + 5 * columns, columns, 0.0f);  // an item without text
    };
    c.channel.on = channel;
    return c;
}

const std::vector<std::vector<Id>> histories{{3, 1, 4, 1, 5}, {2}, {5, 5}, {8, 7, 6, 5, 4, 3, 2, 1, 0}};

/// Scores of all items for all histories, histories x items.
template <class Model = Recommender>
conformance::Numbers scores(const typename Model::Config& c, double lambda, double gate = 0) {
    const Model model(c, item_count);
    P on = conformance::policy<P>(2);
    Workspace<P> work(on);
    Parameters<P> parameters(on, model.layout(), 5);
    if (c.channel.on) on.upload(&lambda, parameters.list(model.channel().lambda()));
    if (c.behaviour.items.popularity) on.upload(&gate, parameters.list(model.channel().gate().gate()));
    const BatchBuilder builder({}, item_count, model::masks_items(model));
    HostBatch batch;
    for (const auto& h : histories) builder.add_history(batch, 0, h, no_id, nullptr);
    Context<P> ctx = parameters.context(on, work);
    const auto scoring = model.score(ctx, upload(ctx, batch));
    CHECK(scoring.rows.cols == (c.channel.on ? width + columns : width));
    const Rows<P> out = work.keep(scoring.rows.rows, item_count);
    on.multiply(scoring.rows, Op::plain, scoring.vectors, Op::transposed, out);
    return conformance::downloaded<P>(on, CRows<P>(out));
}

}  // namespace

TEST_CASE("channel: h v + lambda k kappa, k the recency-weighted mean of the history's kappa", "[channel]") {
    std::vector<float> kappa(item_count * columns);
    config(true).behaviour.items.kappa(kappa);
    const auto holds = [&](const conformance::Numbers& base, const conformance::Numbers& with) {
        for (std::size_t u = 0; u < histories.size(); ++u) {
            double k[columns] = {}, weights = 0;
            for (std::size_t age = 0; age < histories[u].size(); ++age) {
                const double weight = std::pow(0.6, static_cast<double>(age));
                weights += weight;
                const auto item = static_cast<std::size_t>(histories[u][histories[u].size() - 1 - age]);
                for (std::size_t j = 0; j < columns; ++j)
                    k[j] += weight * static_cast<double>(kappa[item * columns + j]);
            }
            for (std::size_t i = 0; i < item_count; ++i) {
                double score = base[u * item_count + i];
                for (std::size_t j = 0; j < columns; ++j)
                    score += 3 * k[j] / weights * static_cast<double>(kappa[i * columns + j]);
                CHECK(with[u * item_count + i] == Approx(score).margin(1e-12));
            }
        }
    };
    for (const bool map : {false, true}) {
        holds(scores(config(false, map), 0), scores(config(true, map), 3));
        holds(scores<Masking>(config<Masking>(false, map), 0),
              scores<Masking>(config<Masking>(true, map), 3));
    }
}

TEST_CASE("channel: the gate multiplies kappa by a power of the item's occurrences", "[channel]") {
    const std::vector<Index> occurrences{0, 1, 2, 3, 5, 8, 13, 100, 1000};
    auto c = config(true);
    c.behaviour.items.popularity = [&](std::span<float> x) {
        const std::vector<float> given = coco::items::centred_log_popularity(occurrences);
        std::copy(given.begin(), given.end(), x.begin());
    };
    const conformance::Numbers base = scores(config(false), 0), plain = scores(config(true), 3);
    CHECK(scores(c, 3, 0) == plain);
    for (const double gate : {-0.4, 0.7}) {
        const conformance::Numbers with = scores(c, 3, gate);
        double mean = 0;
        for (const Index n : occurrences) mean += std::log(1.0 + static_cast<double>(n)) / item_count;
        for (std::size_t u = 0; u < histories.size(); ++u)
            for (std::size_t i = 0; i < item_count; ++i) {
                const double g =
                    std::pow((1.0 + static_cast<double>(occurrences[i])) / std::exp(mean), -gate);
                const double of_channel = plain[u * item_count + i] - base[u * item_count + i];
                CHECK(with[u * item_count + i] ==
                      Approx(base[u * item_count + i] + g * of_channel).epsilon(1e-5).margin(1e-6));
            }
    }
}

TEST_CASE("channel: with lambda 0 it is behaviour's ranking", "[channel]") {
    CHECK(scores(config(true), 0) == scores(config(false), 0));
}

TEST_CASE("channel: wrong settings are errors", "[channel]") {
    auto wrong = config(true);
    wrong.channel.decay = 1.5;
    CHECK_THROWS_WITH(Recommender(wrong, item_count),
                      "channel.decay: out of range: expected 0 to 1, found 1.5");
    using Plain = SequentialRecommender<backbone::SASRec>;
    Plain::Config plain;
    plain.channel.on = true;
    CHECK_THROWS_WITH(Plain(plain, item_count),
                      "channel: these items have no semantic columns: expected items::Semantic");
}
