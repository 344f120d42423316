// SPDX-License-Identifier: Apache-2.0
// Loading and serving: the recommender ranks as evaluation does, reports whether it used knowledge, and can
// be called by many threads concurrently.
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include <coco/aligner/semantic_attention.hpp>
#include <coco/host/host.hpp>
#include <coco/items/semantic.hpp>
#include <coco/pipeline/make_knowledge.hpp>
#include <coco/serve/load.hpp>
#include <coco/serve/recommender.hpp>

#include "train/small_shop.hpp"

using namespace coco;
using test::Plain;
using test::Shop;
using test::SmallShop;

namespace {

struct Served {
    SmallShop shop;
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / text_of("coco-served-", ::getpid(), ".coco");
    TrainedModel<Shop, Host> trained = make();

    TrainedModel<Shop, Host> make() {
        auto config = test::small_config<Shop>();
        config.schedule.joint_epochs = 2;
        Trainer<Shop, Host> trainer(config, shop.data.catalogue, shop.language);
        trainer.fit(shop.split.train, shop.split.valid);
        save(path, trainer);
        return load<Shop, Host>(path, shop.language, &shop.data.catalogue);
    }
};

}  // namespace

TEST_CASE("a loaded model ranks as evaluation does", "[serve][threads]") {
    const Served served;
    const SmallShop& shop = served.shop;
    const Metrics metrics = evaluate(served.trained, shop.split.test);

    data::Interactions histories;  // of all users, as the test split gives them
    for (Index i = 0; i < shop.split.test.size(); ++i) histories.add(shop.split.test[i].history);
    const Knowledge knowledge = make_knowledge(served.trained, histories);
    REQUIRE(knowledge.users() == histories.users());
    const Recommender<Shop, Host> recommender(served.trained, knowledge);
    const Recommender<Shop, Host> ignorant(served.trained);

    Index different = 0;
    for (Index i = 0; i < shop.split.test.size(); ++i) {
        const data::Case c = shop.split.test[i];
        REQUIRE(c.user == static_cast<Id>(i));
        const Recommendation all = recommender.recommend(
            {.history = c.history, .user = c.user, .k = shop.data.catalogue.size(), .exclude = {}});
        CHECK(all.used_knowledge);
        CHECK(knowledge.cut(c.user) == static_cast<Index>(c.history.size()));
        // The target's index in the list is the rank found by evaluation (no ties in float scores here).
        std::size_t place = 0;
        while (place < all.items.size() && all.items[place].item != c.target) ++place;
        CHECK(static_cast<double>(place) + 1 ==
              Approx(metrics.ranks()[static_cast<std::size_t>(i)]).margin(0.6));
        for (const Id had : c.history)
            for (const Scored& s : all.items) CHECK(s.item != had);
        for (std::size_t k = 1; k < all.items.size(); ++k)
            CHECK(all.items[k - 1].score >= all.items[k].score);

        const Recommendation alone = ignorant.recommend({.history = c.history, .user = c.user});
        CHECK(!alone.used_knowledge);
        CHECK(alone.items.size() == 10);
        different += alone.items.front().score != all.items.front().score ? 1 : 0;
    }
    CHECK(different > 0);

    SECTION("a batch answers as its requests do one by one") {
        std::vector<Request> requests;
        for (Index i = 0; i < 20; ++i) {
            const data::Case c = shop.split.test[i];
            requests.push_back(
                {.history = c.history, .user = i % 3 == 0 ? no_id : c.user, .k = 3 + i % 4, .exclude = {}});
        }
        const std::vector<Recommendation> together = recommender.recommend(requests);
        for (std::size_t r = 0; r < requests.size(); ++r) {
            const Recommendation one = recommender.recommend(requests[r]);
            CHECK(together[r].used_knowledge == one.used_knowledge);
            REQUIRE(together[r].items.size() == one.items.size());
            for (std::size_t k = 0; k < one.items.size(); ++k) {
                CHECK(together[r].items[k].item == one.items[k].item);
                CHECK(together[r].items[k].score == Approx(one.items[k].score).epsilon(1e-4));
            }
        }
    }
    SECTION("many threads may ask at once") {
        const data::Case c = shop.split.test[0];
        const Request request{.history = c.history, .user = c.user, .k = 5, .exclude = {}};
        const Recommendation expected = recommender.recommend(request);
        std::vector<std::thread> askers;
        std::atomic<int> wrong{0};
        for (int t = 0; t < 4; ++t)
            askers.emplace_back([&] {
                for (int n = 0; n < 20; ++n)
                    wrong += recommender.recommend(request).items == expected.items ? 0 : 1;
            });
        for (std::thread& t : askers) t.join();
        CHECK(wrong == 0);
    }
    SECTION("requests that make no sense say so") {
        const std::vector<Id> none, unknown{no_id, no_id},
            outside{static_cast<Id>(shop.data.catalogue.size())};
        CHECK_THROWS_WITH(recommender.recommend({.history = none}), Catch::Contains("request.history"));
        CHECK_THROWS_WITH(recommender.recommend({.history = unknown}),
                          Catch::Contains("no item that the catalogue knows"));
        CHECK_THROWS_WITH(recommender.recommend({.history = outside}), Catch::Contains("no such item"));
        const data::Case c = shop.split.test[0];
        CHECK_THROWS_WITH(recommender.recommend({.history = c.history, .k = 0}),
                          Catch::Contains("request.k"));
        CHECK_THROWS_WITH(recommender.recommend({.history = c.history, .user = -2}),
                          Catch::Contains("request.user: out of range"));
        for (const Id wrong : {static_cast<Id>(shop.data.catalogue.size()), Id{-1}, Id{-5}}) {
            data::Interactions strange;
            strange.add(std::vector<Id>{0, wrong, 1});
            CHECK_THROWS_WITH(make_knowledge(served.trained, strange),
                              Catch::Contains(text_of("history, user 0, item 1: no such item: expected 0 to ",
                                                      shop.data.catalogue.size() - 1, ", found ", wrong)));
        }
        CHECK_THROWS_WITH(make_knowledge(served.trained, shop.split.train, -1, 3, {}),
                          Catch::Contains("users: out of range"));
        CHECK_THROWS_WITH(make_knowledge(served.trained, shop.split.train, 0,
                                         static_cast<Id>(shop.split.train.users() + 1), {}),
                          Catch::Contains("users: out of range"));
        // Unknown items among known ones are ignored, and a history longer than the window is truncated.
        std::vector<Id> mixed{no_id};
        for (int n = 0; n < 40; ++n) mixed.insert(mixed.end(), c.history.begin(), c.history.end());
        CHECK(recommender.recommend({.history = mixed}).items.size() == 10);
        // Excluded items are not recommended.
        const Id first = recommender.recommend({.history = c.history}).items.front().item;
        const std::vector<Id> without{first};
        CHECK(recommender.recommend({.history = c.history, .exclude = without}).items.front().item != first);
    }
}

TEST_CASE("semantic items: a recommender ranks as evaluation does, and a click changes the user's columns",
          "[serve][channel]") {
    using Semantic = Pipeline<backbone::SASRec, items::Semantic>;
    const SmallShop shop;
    auto config = test::small_config<Semantic>();
    config.schedule.joint_epochs = 1;
    config.model.behaviour.items.columns = 6;
    config.model.behaviour.items.space = "drawn";
    config.model.behaviour.items.kappa = [](std::span<float> to) {
        RandomStream random(2);
        for (float& v : to) v = static_cast<float>(random.normal());
    };
    Trainer<Semantic, Host> trainer(config, shop.data.catalogue, shop.language);
    trainer.fit(shop.split.train, shop.split.valid);
    CHECK(trainer.state().channel_chosen);
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / text_of("coco-semantic-", ::getpid(), ".coco");
    save(path, trainer);
    const auto trained =
        load<Semantic, Host>(path, shop.language, &shop.data.catalogue, std::make_shared<Host>(1),
                             [&](auto& c) { c.model.behaviour.items = config.model.behaviour.items; });
    std::filesystem::remove(path);
    const Metrics metrics = evaluate(trained, shop.split.test);
    CHECK(metrics.ranks() == evaluate(trainer.model(), shop.split.test).ranks());

    data::Interactions histories;
    for (Index i = 0; i < shop.split.test.size(); ++i) histories.add(shop.split.test[i].history);
    Knowledge knowledge = make_knowledge(trained, histories);
    CHECK(knowledge.width() == 6);
    const Recommender<Semantic, Host> recommender(trained, std::move(knowledge));
    // Without any weight on the channel the order could be behaviour's.
    const float weight = 4;
    trained.on->upload(&weight, trained.parameters->list(trained.model->channel().lambda()));
    for (Index i = 0; i < 20; ++i) {
        const data::Case c = shop.split.test[i];
        const auto items = [&](std::span<const Id> history, Id user) {
            return recommender.recommend({.history = history, .user = user, .k = 5}).items;
        };
        std::vector<Id> longer(c.history.begin(), c.history.end());
        longer.push_back(c.target);
        CHECK(items(c.history, c.user) != items(c.history, no_id));
        CHECK(items(longer, c.user) != items(c.history, c.user));
    }
}

TEST_CASE("a catalogue of one item gives an empty recommendation", "[serve]") {
    data::Catalogue one;
    one.add("only");
    const auto model = std::make_shared<const Plain>(test::small_config<Plain>().model, 1);
    const auto on = std::make_shared<Host>(1);
    const TrainedModel<Plain, Host> trained{on, model,
                                            std::make_shared<Parameters<Host>>(*on, model->layout(), 1),
                                            BatchBuilder(Sampling{}, 1), nullptr};
    const std::vector<Id> history{0};
    CHECK(Recommender<Plain, Host>(trained).recommend({.history = history}).items.empty());
}

TEST_CASE("knowledge of the wrong shape is an error", "[serve]") {
    CHECK_THROWS_WITH(Knowledge(4, {0, 2}, std::vector<float>(7), {3}), Catch::Contains("8 numbers"));
    CHECK_THROWS_WITH(Knowledge(4, {0, 2}, std::vector<float>(8), {3, 3}), Catch::Contains("3 offsets"));
    CHECK_THROWS_WITH(Knowledge(4, {0, 2, 1}, std::vector<float>(4), {3, 3}), Catch::Contains("user 1"));
}
