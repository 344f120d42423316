// SPDX-License-Identifier: Apache-2.0
// A snapshot does not change while its model trains on; it is replaced while requests run; knowledge of
// another model is refused.
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include <coco/host/host.hpp>
#include <coco/pipeline/make_knowledge.hpp>
#include <coco/serve/knowledge_file.hpp>
#include <coco/serve/recommender.hpp>

#include "io/support.hpp"
#include "train/small_shop.hpp"

using namespace coco;
using test::Plain;
using test::Shop;
using test::SmallShop;

namespace {

using Served = Snapshot<Plain, Host>;

template <class Model>
std::vector<Scored> first_ten(const Recommender<Model, Host>& recommender, const SmallShop& shop, Id user) {
    return recommender.recommend({.history = shop.data.interactions.of(user)}).items;
}

}  // namespace

TEST_CASE("snapshot: training goes on beside it", "[serve]") {
    const SmallShop shop(60);
    auto config = test::small_config<Plain>();
    Trainer<Plain, Host> trainer(config, shop.data.catalogue);
    const Recommender<Plain, Host> recommender(trainer.model());
    const auto before = first_ten(recommender, shop, 3);
    REQUIRE(trainer.fit(shop.split.train, shop.split.valid));
    CHECK(first_ten(recommender, shop, 3) == before);
    CHECK(first_ten(Recommender<Plain, Host>(trainer.model()), shop, 3) != before);
    // What is held here alone is not copied.
    TrainedModel<Plain, Host> own = trainer.model();
    own.parameters = std::make_shared<Parameters<Host>>(own.parameters->snapshot(*own.on));
    const Parameters<Host>* const address = own.parameters.get();
    const Served alone(std::move(own));
    CHECK(alone.trained().parameters.get() == address);
    CHECK(Served(trainer.model()).trained().parameters != trainer.model().parameters);
}

TEST_CASE("snapshot: knowledge of other parameters is refused, also from a file", "[serve]") {
    const SmallShop shop(40);
    const support::Folder folder;
    auto config = test::small_config<Shop>();
    config.schedule.epochs = config.schedule.joint_epochs = 1;
    Trainer<Shop, Host> trainer(config, shop.data.catalogue, shop.language);
    const Knowledge old = make_knowledge(trainer.model(), shop.split.train);
    save_knowledge(folder / "old", old, {"a", "b", "c"});
    CHECK_NOTHROW(Recommender<Shop, Host>(trainer.model(), old));
    REQUIRE(trainer.fit(shop.split.train, shop.split.valid));
    for (const Knowledge& foreign : {old, load_knowledge(folder / "old")})
        CHECK_THROWS_WITH((Recommender<Shop, Host>(trainer.model(), foreign)),
                          Catch::Contains("knowledge: extracted with other parameters: expected xxh64:"));
    const Knowledge built =
        build_knowledge(folder / "new", trainer.model(), shop.split.train, {"a", "b", "c"}, {}, 16);
    CHECK(built.parameters() == digest_of(trainer.model()));
    // A part that other parameters left behind is not joined with new ones.
    save_knowledge(folder / "mixed.part-1",
                   [&] {
                       Knowledge part = make_knowledge(trainer.model(), shop.split.train, 16, 32, {});
                       part.set_parameters("xxh64:0");
                       return part;
                   }(),
                   {"a", "b", "c"});
    CHECK_THROWS_WITH(
        build_knowledge(folder / "mixed", trainer.model(), shop.split.train, {"a", "b", "c"}, {}, 16),
        Catch::Contains("mixed.part-1: parameters: extracted with other parameters"));
    CHECK_NOTHROW(Recommender<Shop, Host>(trainer.model(), built));
    CHECK_NOTHROW(Recommender<Shop, Host>(trainer.model(), load_knowledge(folder / "new")));
}

TEST_CASE("snapshot: requests of eight threads while it is replaced a thousand times", "[serve][threads]") {
    const SmallShop shop(30);
    auto config = test::small_config<Plain>();
    config.schedule.epochs = 1;
    config.schedule.joint_epochs = 0;
    // One thread each: the requests are the threads of this test.
    Trainer<Plain, Host> trainer(config, shop.data.catalogue, std::make_shared<Host>(1));
    const auto untrained = std::make_shared<const Served>(trainer.model());
    REQUIRE(trainer.fit(shop.split.train, shop.split.valid));
    const auto trained = std::make_shared<const Served>(trainer.model());
    std::vector<std::vector<Scored>> expected[2];
    const Index users = 8;
    for (Id user = 0; user < users; ++user) {
        expected[0].push_back(first_ten(Recommender<Plain, Host>(untrained), shop, user));
        expected[1].push_back(first_ten(Recommender<Plain, Host>(trained), shop, user));
    }
    REQUIRE(expected[0] != expected[1]);
    Recommender<Plain, Host> recommender(untrained);
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    const int requests = 400;
#else
    const int requests = 12500;  // of each thread
#endif
    std::atomic<int> wrong{0}, answered{0};
    std::vector<std::thread> askers;
    for (Id user = 0; user < users; ++user)
        askers.emplace_back([&, user] {
            const std::size_t u = static_cast<std::size_t>(user);
            for (int n = 0; n < requests; ++n, ++answered) {
                const auto items = first_ten(recommender, shop, user);
                wrong += items != expected[0][u] && items != expected[1][u];
            }
        });
    for (int n = 0; n < 1000; ++n) {
        recommender.replace(n % 2 == 0 ? trained : untrained);
        if (n % 100 == 0) recommender.replace(std::make_shared<const Served>(trainer.model()));
        std::this_thread::yield();
    }
    for (std::thread& t : askers) t.join();
    CHECK(wrong == 0);
    CHECK(answered == users * requests);
    CHECK(first_ten(recommender, shop, 0) == expected[0][0]);
    CHECK(recommender.snapshot() == untrained);
}
