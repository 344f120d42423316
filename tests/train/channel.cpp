// SPDX-License-Identifier: Apache-2.0
// The channel's weight is chosen by validation, after the behaviour stage, and kept in the checkpoint.
#include <catch2/catch.hpp>

#include <coco/host/host.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/items/semantic.hpp>
#include <coco/serve/load.hpp>
#include <coco/train/checkpoint.hpp>

#include "io/support.hpp"
#include "small_shop.hpp"

using namespace coco;
using test::SmallShop;
using Recommender = SequentialRecommender<backbone::SASRec, items::Semantic>;

namespace {

/// Semantic columns that tell what the next item is: items of one topic are alike in the generated data.
TrainConfig<Recommender> config_of(const SmallShop& shop, bool channel) {
    auto c = test::small_config<Recommender>();
    c.schedule.joint_epochs = 0;
    c.model.channel.on = channel;
    c.model.behaviour.items.map = false;
    c.model.behaviour.items.columns = 40;
    c.model.behaviour.items.space = "words";
    c.model.behaviour.items.kappa = [&shop](std::span<float> to) {
        std::fill(to.begin(), to.end(), 0.0f);
        for (Id i = 0; i < static_cast<Id>(shop.data.catalogue.size()); ++i) {
            // A bag of words, hashed: enough to bring items of like texts together.
            double length = 0;
            float* const row = to.data() + i * 40;
            for (const Id w : shop.language.encode(shop.data.catalogue.text(i))) row[w % 40] += 1;
            for (int j = 0; j < 40; ++j) length += static_cast<double>(row[j]) * static_cast<double>(row[j]);
            for (int j = 0; j < 40 && length > 0; ++j) row[j] /= static_cast<float>(std::sqrt(length));
        }
    };
    return c;
}

float lambda_of(const TrainedModel<Recommender, Host>& trained) {
    float value = -1;
    trained.on->download(
        List<const float, space::Host>(trained.parameters->list(trained.model->channel().lambda())), &value);
    return value;
}

}  // namespace

TEST_CASE("channel: lambda is the best of its values on validation", "[channel]") {
    const SmallShop shop(200);
    Trainer<Recommender, Host> trainer(config_of(shop, true), shop.data.catalogue);
    REQUIRE(trainer.fit(shop.split.train, shop.split.valid));
    CHECK(trainer.state().channel_chosen);
    const float chosen = lambda_of(trainer.model());
    const double best = evaluate(trainer.model(), shop.split.valid).ndcg(10);
    for (const double lambda : channel_lambdas) {
        const float value = static_cast<float>(lambda);
        trainer.model().on->upload(
            &value, trainer.model().parameters->list(trainer.model().model->channel().lambda()));
        const double score = evaluate(trainer.model(), shop.split.valid).ndcg(10);
        CHECK(score <= best);
        if (value == chosen) CHECK(score == best);
        if (value < chosen) CHECK(score < best);
    }
}

TEST_CASE("channel: the gate is the best of its values, and a given lambda asks validation nothing",
          "[channel]") {
    const SmallShop shop(200);
    auto c = config_of(shop, true);
    const std::vector<float> popularity =
        items::centred_log_popularity(shop.split.train.counts(shop.data.catalogue.size()));
    c.model.behaviour.items.popularity = [&](std::span<float> to) {
        std::copy(popularity.begin(), popularity.end(), to.begin());
    };
    Trainer<Recommender, Host> trainer(c, shop.data.catalogue);
    REQUIRE(trainer.fit(shop.split.train, shop.split.valid));
    const auto& trained = trainer.model();
    const auto place = trained.parameters->list(trained.model->channel().gate().gate());
    float chosen = 0;
    trained.on->download(List<const float, space::Host>(place), &chosen);
    const double best = evaluate(trained, shop.split.valid).ndcg(10);
    for (const double gate : {0.0, -0.1, 0.05, 0.1, 0.2, 0.3, 0.5}) {
        const float value = static_cast<float>(gate);
        trained.on->upload(&value, place);
        const double score = evaluate(trained, shop.split.valid).ndcg(10);
        CHECK(score <= best);
        if (value == chosen) CHECK(score == best);
    }

    c.model.channel.lambda = 2.5;
    Trainer<Recommender, Host> given(c, shop.data.catalogue);
    REQUIRE(given.fit(shop.split.train, shop.split.valid));
    CHECK(lambda_of(given.model()) == 2.5f);
}

TEST_CASE("channel: without it the checkpoint is a table's, with it lambda is in the file", "[channel]") {
    const SmallShop shop;
    const support::Folder folder;
    Trainer<Recommender, Host> base(config_of(shop, false), shop.data.catalogue);
    base.fit(shop.split.train, shop.split.valid);
    save(folder / "base.coco", base);
    auto plain_config = test::small_config<test::Plain>();
    plain_config.schedule.joint_epochs = 0;
    Trainer<test::Plain, Host> plain(plain_config, shop.data.catalogue);
    plain.fit(shop.split.train, shop.split.valid);
    save(folder / "plain.coco", plain);
    CHECK(io::file_digest(folder / "base.coco") == io::file_digest(folder / "plain.coco"));

    Trainer<Recommender, Host> trainer(config_of(shop, true), shop.data.catalogue);
    trainer.fit(shop.split.train, shop.split.valid);
    save(folder / "channel.coco", trainer);
    const auto again = load<Recommender, Host>(
        folder / "channel.coco", std::make_shared<Host>(1), [&](TrainConfig<Recommender>& c) {
            c.model.behaviour.items = config_of(shop, true).model.behaviour.items;
        });
    CHECK(lambda_of(again) == lambda_of(trainer.model()));
    CHECK(evaluate(again, shop.split.test).ranks() == evaluate(trainer.model(), shop.split.test).ranks());

    CHECK_THROWS_WITH(
        (load<Recommender, Host>(folder / "channel.coco", std::make_shared<Host>(1),
                                 [&](TrainConfig<Recommender>& c) {
                                     c.model.behaviour.items = config_of(shop, true).model.behaviour.items;
                                     c.model.behaviour.items.space = "others";
                                 })),
        Catch::Matchers::Contains("items.space: made with another semantic space: expected words, "
                                  "found others"));

    Trainer<Recommender, Host> resumed(config_of(shop, true), shop.data.catalogue);
    resume(folder / "channel.coco", resumed);
    CHECK(resumed.state().channel_chosen);
    auto other = config_of(shop, true);
    other.model.behaviour.items.space = "others";
    Trainer<Recommender, Host> stranger(other, shop.data.catalogue);
    CHECK_THROWS_WITH(resume(folder / "channel.coco", stranger), Catch::Matchers::Contains("settings.space"));
}

TEST_CASE("evaluation: seen items excluded, zeroed and included in one pass", "[evaluate]") {
    const SmallShop shop;
    Trainer<Recommender, Host> trainer(config_of(shop, false), shop.data.catalogue);
    trainer.fit(shop.split.train, shop.split.valid);
    Evaluator<Recommender, Host> evaluator(*trainer.model().on);
    const auto all = evaluator.evaluate(trainer.model(), shop.split.test, every_seen_items);
    REQUIRE(all.size() == 3);
    for (std::size_t s = 0; s < 3; ++s)
        CHECK(all[s].ranks() == evaluate(trainer.model(), shop.split.test, every_seen_items[s]).ranks());
    for (std::size_t i = 0; i < all[0].ranks().size(); ++i) {
        CHECK(all[0].ranks()[i] <= all[1].ranks()[i]);
        CHECK(all[0].ranks()[i] <= all[2].ranks()[i]);
    }
    CHECK(all[0].ndcg(10) > all[2].ndcg(10));
}
