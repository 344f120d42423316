// SPDX-License-Identifier: Apache-2.0
// Checkpoints: equal runs give equal files; a run that is killed and resumed gives the same file as one that
// was never interrupted; a file that does not fit is an error that names the difference.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include <coco/host/host.hpp>
#include <coco/train/checkpoint.hpp>

#include "io/support.hpp"
#include "small_shop.hpp"

using namespace coco;
using test::Plain;
using test::Shop;
using test::SmallShop;

namespace {

std::filesystem::path scratch(const std::string& name) {
    const auto folder = std::filesystem::temp_directory_path() / text_of("coco-checkpoint-", ::getpid());
    std::filesystem::create_directories(folder);
    return folder / name;
}

/// When a child process is to be killed: before a step, or while a checkpoint is being written.
struct Death {
    std::uint64_t step = ~std::uint64_t{0};
    Index writing = -1;  ///< the save (from 0) during which it is killed
    int microseconds = 0;
};

/// Trains in a child process that saves after each epoch and resumes from the file; returns its wait status.
int run(const SmallShop& shop, const std::filesystem::path& path, const Death& death) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        Trainer<Shop, Host> trainer(test::small_config<Shop>(), shop.data.catalogue, shop.language,
                                    std::make_shared<Host>(2));
        if (std::filesystem::exists(path)) resume(path, trainer);
        Index saves = 0;
        trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
            if (p.kind == Progress::Kind::step && trainer.state().step == death.step) ::raise(SIGKILL);
            if (p.kind != Progress::Kind::epoch) return true;
            std::thread killer;
            if (saves++ == death.writing)
                killer = std::thread([&] {
                    std::this_thread::sleep_for(std::chrono::microseconds(death.microseconds));
                    ::raise(SIGKILL);
                });
            save(path, trainer);
            if (killer.joinable()) killer.join();
            return true;
        });
        save(path, trainer);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

bool killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

}  // namespace

TEST_CASE("a killed or stopped run that is resumed gives the file of an uninterrupted run", "[checkpoint]") {
    const SmallShop shop;
    const auto whole = scratch("whole.coco");
    REQUIRE(run(shop, whole, {}) == 0);
    const std::string expected = support::slurp(whole);
    REQUIRE(expected.size() > 1000);

    // Number of steps of the whole run, read from the file. Kills are spread over it, half of them in stage
    // 2.
    TrainState state;
    state = CheckpointFile(whole).state();
    REQUIRE(state.finished);
    const std::uint64_t steps = state.step, joint = static_cast<std::uint64_t>(state.stage_step);
    REQUIRE(joint >= 5);
    std::vector<Death> deaths;
    for (std::uint64_t k = 0; k < 4; ++k) deaths.push_back({1 + k * (steps - joint - 1) / 4, -1, 0});
    for (std::uint64_t k = 0; k < 4; ++k) deaths.push_back({steps - joint + 1 + k * (joint - 1) / 4, -1, 0});
    deaths.push_back({~std::uint64_t{0}, 1, 150});
    deaths.push_back({~std::uint64_t{0}, 4, 400});

    for (std::size_t d = 0; d < deaths.size(); ++d) {
        const auto path = scratch(text_of("killed-", d, ".coco"));
        INFO("death " << d << " at step " << deaths[d].step << ", save " << deaths[d].writing);
        REQUIRE(killed(run(shop, path, deaths[d])));
        REQUIRE(run(shop, path, {}) == 0);
        REQUIRE(support::slurp(path) == expected);
    }

    {
        INFO("resuming a finished run changes nothing");
        REQUIRE(run(shop, whole, {}) == 0);
        REQUIRE(support::slurp(whole) == expected);
    }
    {
        INFO("stopped by the sink in the middle of an epoch, saved there and resumed");
        const auto path = scratch("stopped.coco");
        Trainer<Shop, Host> first(test::small_config<Shop>(), shop.data.catalogue, shop.language);
        REQUIRE(!first.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
            return !(p.stage == TrainingStage::joint && p.kind == Progress::Kind::step && p.epoch == 2 &&
                     p.done == 3);
        }));
        save(path, first);
        REQUIRE(run(shop, path, {}) == 0);
        REQUIRE(support::slurp(path) == expected);
    }
    {
        INFO("one thread instead of two");
        const auto path = scratch("threads.coco");
        Trainer<Shop, Host> alone(test::small_config<Shop>(), shop.data.catalogue, shop.language,
                                  std::make_shared<Host>(1));
        REQUIRE(alone.fit(shop.split.train, shop.split.valid));
        save(path, alone);
        REQUIRE(support::slurp(path) == expected);
    }
}

TEST_CASE("a checkpoint that does not fit is an error that names the difference", "[checkpoint]") {
    const SmallShop shop;
    auto config = test::small_config<Plain>();
    config.schedule.epochs = 1;
    config.schedule.joint_epochs = 0;
    Trainer<Plain, Host> trainer(config, shop.data.catalogue);
    trainer.fit(shop.split.train, shop.split.valid);
    const auto path = scratch("plain.coco");
    save(path, trainer);

    const auto problem = [&](auto&& act) {
        try {
            act();
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    using Catch::Contains;
    SECTION("another catalogue") {
        data::Catalogue other;
        for (Id i = 0; i < static_cast<Id>(shop.data.catalogue.size()); ++i) other.add(text_of("other", i));
        Trainer<Plain, Host> stranger(config, other);
        CHECK_THAT(problem([&] { resume(path, stranger); }), Contains("catalogue") && Contains("expected"));
    }
    SECTION("another language model") {
        auto joint = test::small_config<Shop>();
        Trainer<Shop, Host> reader(joint, shop.data.catalogue, shop.language);
        CHECK_THAT(problem([&] { resume(path, reader); }),
                   Contains("another language model") && Contains("tiny"));
    }
    SECTION("another width: the setting is named") {
        auto wide = config;
        wide.model.behaviour.backbone.encoder.width = 32;
        Trainer<Plain, Host> reader(wide, shop.data.catalogue);
        CHECK_THAT(problem([&] { resume(path, reader); }),
                   Contains("settings.backbone.encoder.width") && Contains("expected 32"));
    }
    SECTION("more epochs are no other run") {
        auto longer = config;
        longer.schedule.epochs = 2;
        Trainer<Plain, Host> reader(longer, shop.data.catalogue);
        CHECK(problem([&] { resume(path, reader); }) == "no error");
    }
    SECTION("torn at any place") {
        const std::string all = support::slurp(path);
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{7}, std::size_t{100}, all.size() / 2, all.size() - 1}) {
            const auto torn = scratch("torn.coco");
            std::ofstream(torn, std::ios::binary) << all.substr(0, size);
            Trainer<Plain, Host> reader(config, shop.data.catalogue);
            INFO(size);
            CHECK_THAT(problem([&] { resume(torn, reader); }), Contains("torn.coco"));
        }
    }
    SECTION("foreign: a safetensors file of somebody else") {
        const auto foreign = scratch("foreign.safetensors");
        io::SafetensorsWriter writer;
        const std::vector<float> numbers(6, 1.0f);
        writer.add("weight", io::Shape{2, 3}, std::span<const float>(numbers));
        writer.write(foreign);
        Trainer<Plain, Host> reader(config, shop.data.catalogue);
        CHECK_THAT(problem([&] { resume(foreign, reader); }), Contains("schema"));
    }
}
