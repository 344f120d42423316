// SPDX-License-Identifier: Apache-2.0
// Twenty training steps of a whole pipeline, ten of each training stage, are bit-identical to an earlier
// version: values, moments, counters. fixtures/twenty_steps.coco was written by the hidden test case below at
// commit 5f38876, which gives the bits of ecd7377, before any name of the library was changed. It is also a
// checkpoint of schema coco-checkpoint-1, and is read as one.
//
// Compiled for baseline x86-64 without contraction and without approximate roots (tests/CMakeLists.txt), so
// that g++ and clang, with and without optimisation, give the same result on every machine. A first fixture
// had the approximate roots of Zen 5, and no other processor gave it.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>

#include <coco/host/host.hpp>
#include <coco/serve/load.hpp>
#include <coco/serve/recommender.hpp>
#include <coco/train/checkpoint.hpp>

#include "train/small_shop.hpp"

using namespace coco;
using test::Shop;

namespace {

constexpr const char* fixture = COCO_TEST_DIR "/fixtures/twenty_steps.coco";

TrainConfig<Shop> config() {
    auto c = test::small_config<Shop>();
    c.schedule.batch.samples = 20;
    c.schedule.epochs = 1;  // ten steps
    c.schedule.joint_epochs = 10;
    c.schedule.joint_batch = 8;
    return c;
}

/// Stops after the tenth joint step.
void train(Trainer<Shop, Host>& trainer, const test::SmallShop& shop) {
    int joint = 0;
    REQUIRE(!trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        joint += p.kind == Progress::Kind::step && p.stage == TrainingStage::joint;
        return joint < 10;
    }));
    REQUIRE(trainer.state().step == 20);
}

}  // namespace

TEST_CASE("twenty steps are bit-identical to those before the library's names changed", "[regression]") {
    const test::SmallShop shop(40);
    Trainer<Shop, Host> trainer(config(), shop.data.catalogue, shop.language, std::make_shared<Host>(2));
    train(trainer, shop);

    const auto path = std::filesystem::temp_directory_path() / text_of("coco-twenty-", ::getpid(), ".coco");
    save(path, trainer);
    {
        const io::Safetensors before(fixture), now(path.string());
        std::size_t numbers = 0;
        for (const auto& [name, tensor] : before.tensors()) {
            INFO(name);
            const std::span<const std::byte> expected = tensor.bytes, found = now.tensor(name).bytes;
            REQUIRE(expected.size() == found.size());
            CHECK(std::memcmp(expected.data(), found.data(), expected.size()) == 0);
            numbers += expected.size();
        }
        CHECK(numbers > 100000);
        CHECK(now.metadata("state") == before.metadata("state"));
    }
    std::filesystem::remove(path);
}

TEST_CASE("a checkpoint written before the names changed is resumed and served", "[regression]") {
    const test::SmallShop shop(40);
    Trainer<Shop, Host> straight(config(), shop.data.catalogue, shop.language, std::make_shared<Host>(2));
    Trainer<Shop, Host> resumed(config(), shop.data.catalogue, shop.language, std::make_shared<Host>(2));
    train(straight, shop);
    resume(fixture, resumed);
    REQUIRE(resumed.state().step == 20);
    int joint = 0;
    const auto twice = [&](const Progress& p) { return p.kind != Progress::Kind::step || ++joint % 5 != 0; };
    straight.fit(shop.split.train, shop.split.valid, twice);
    resumed.fit(shop.split.train, shop.split.valid, twice);
    CHECK(resumed.state().step == 25);
    for (const Tensor& t : resumed.model().model->layout().tensors())
        if (t.ref.block != ParameterBlock::frozen) {
            INFO(t.name);
            CHECK(values_of(*resumed.model().on, *resumed.model().parameters, t.ref) ==
                  values_of(*straight.model().on, *straight.model().parameters, t.ref));
        }

    const Recommender<Shop, Host> served(load<Shop, Host>(fixture, shop.language, &shop.data.catalogue));
    CHECK(served.recommend({.history = shop.data.interactions.of(0), .k = 3}).items.size() == 3);
}

TEST_CASE("writes the fixture", "[.write]") {
    const char* const path = std::getenv("COCO_WRITE_FIXTURE");
    REQUIRE(path != nullptr);
    const test::SmallShop shop(40);
    Trainer<Shop, Host> trainer(config(), shop.data.catalogue, shop.language, std::make_shared<Host>(2));
    train(trainer, shop);
    save(path, trainer);
}
