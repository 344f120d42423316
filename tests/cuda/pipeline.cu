// SPDX-License-Identifier: Apache-2.0
// Whole training runs on the device and on the host from the same initial values: equal losses, selected
// codes and gates; each evaluates and serves what the other saved. And the launches, waits and allocations of
// a step.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>

#include <coco/cuda/cuda.cuh>
#include <coco/exec/cost_model.hpp>
#include <coco/host/host.hpp>

#include "cuda/twin.hpp"

namespace coco::twin {

extern template std::vector<Step> behaviour<Host>(const SmallShop&, Index);
extern template void begin_joint<Host>(const SmallShop&, const std::filesystem::path&);
extern template std::vector<Step> joint<Host>(const SmallShop&, const std::filesystem::path&, Index,
                                              const std::filesystem::path&);
extern template Scores ask<Host>(const SmallShop&, const std::filesystem::path&);

}  // namespace coco::twin

using namespace coco;

// CostModel uses the same block sizes as the device.
static_assert(CostModel::few_rows == cuda::dot_rows && CostModel::panel == cuda::panel_values &&
              CostModel::scores == cuda::class_room && CostModel::ranges_per_launch == cuda::launch_ranges);

using test::Plain;
using test::Shop;
using test::SmallShop;
using twin::Step;

namespace {

constexpr Index compared_steps = 20;

/// A temporary file, removed by the destructor.
class File {
public:
    explicit File(const char* name)
        : path_(std::filesystem::temp_directory_path() / text_of("coco-twin-", name, "-", ::getpid())) {}
    ~File() { std::filesystem::remove(path_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    operator const std::filesystem::path&() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Losses agree within 1e-4, step by step, and so do the counts of selected codes and open groups. As long as
/// they agree the selections are equal, and none need be replayed from the other run.
void same_curve(const std::vector<Step>& host, const std::vector<Step>& device) {
    REQUIRE(host.size() == static_cast<std::size_t>(compared_steps));
    REQUIRE(device.size() == host.size());
    double off = 0;
    Index chosen = 0, differing = 0, gates = 0, other_gates = 0;
    for (std::size_t s = 0; s < host.size(); ++s) {
        INFO("step " << s + 1);
        CHECK(device[s].targets == host[s].targets);
        CHECK(device[s].groups == host[s].groups);
        REQUIRE(host[s].loss() > 0);
        REQUIRE(device[s].loss() > 0);
        off = std::max(off, std::abs(device[s].loss() - host[s].loss()) / host[s].loss());
        CHECK(off <= 1e-4);
        for (std::size_t c = 0; c < host[s].uses.size(); ++c) {
            chosen += host[s].uses[c];
            differing += std::abs(device[s].uses[c] - host[s].uses[c]);
        }
        gates += host[s].groups;
        other_gates += std::abs(device[s].open_groups - host[s].open_groups);
    }
    CHECK(static_cast<double>(differing) <= 1e-3 * static_cast<double>(chosen));
    CHECK(static_cast<double>(other_gates) <= 1e-3 * static_cast<double>(gates));
    WARN("largest relative difference of a step's loss " << off << "; " << differing << " of " << chosen
                                                         << " choices and " << other_gates << " of " << gates
                                                         << " groups' gates differ");
}

}  // namespace

TEST_CASE("20 steps of a whole training run equal the host's", "[pipeline]") {
    const SmallShop shop;
    SECTION("behaviour alone") {
        same_curve(twin::behaviour<Host>(shop, compared_steps), twin::behaviour<Cuda>(shop, compared_steps));
    }
    SECTION("all together, from the host's checkpoint") {
        const File start("start");
        twin::begin_joint<Host>(shop, start);
        const std::vector<Step> device = twin::joint<Cuda>(shop, start, compared_steps);
        same_curve(twin::joint<Host>(shop, start, compared_steps), device);
        INFO("run twice, the same bits");
        const std::vector<Step> again = twin::joint<Cuda>(shop, start, compared_steps);
        REQUIRE(again.size() == device.size());
        for (std::size_t s = 0; s < again.size(); ++s) CHECK(again[s].metrics == device[s].metrics);
    }
}

TEST_CASE("a model trained on one policy is evaluated and served on the other", "[pipeline]") {
    const SmallShop shop(60);
    const File start("begin"), trained("trained");
    twin::begin_joint<Cuda>(shop, start);
    twin::joint<Cuda>(shop, start, 10, trained);
    const twin::Scores host = twin::ask<Host>(shop, trained), device = twin::ask<Cuda>(shop, trained);
    REQUIRE(host.ranks.size() == device.ranks.size());
    // Two items whose scores differ only by rounding may swap ranks.
    Index moved = 0;
    for (std::size_t i = 0; i < host.ranks.size(); ++i) {
        CHECK(std::abs(host.ranks[i] - device.ranks[i]) <= 1);
        moved += host.ranks[i] != device.ranks[i];
    }
    CHECK(moved <= static_cast<Index>(host.ranks.size() / 50));
    const auto same = [](const Recommendation& a, const Recommendation& b) {
        REQUIRE(a.items.size() == b.items.size());
        CHECK(a.used_knowledge == b.used_knowledge);
        for (std::size_t k = 0; k < a.items.size(); ++k)
            CHECK(a.items[k].score == Approx(b.items[k].score).epsilon(1e-3));
    };
    for (std::size_t i = 0; i < host.with_knowledge.size(); ++i) {
        CHECK(device.with_knowledge[i].used_knowledge);
        same(host.with_knowledge[i], device.with_knowledge[i]);
        same(host.ignorant[i], device.ignorant[i]);
    }
}

TEST_CASE("a model moved to another policy gives the same recommendations", "[pipeline]") {
    const SmallShop shop(30);
    Trainer<Shop, Cuda> trainer(twin::shop_config(), shop.data.catalogue, shop.language);
    trainer.fit(shop.split.train, shop.split.valid, [](const Progress& p) { return p.done < 3; });
    const auto ranks = [&](const auto& trained) { return evaluate(trained, shop.split.test).ranks(); };
    const auto wide = transfer(trainer.model(), std::make_shared<BasicCuda<double>>());
    CHECK(ranks(transfer(wide, std::make_shared<Cuda>())) == ranks(trainer.model()));
    const auto host = transfer(trainer.model(), std::make_shared<Host>(1));
    CHECK(ranks(transfer(host, std::make_shared<Cuda>())) == ranks(trainer.model()));
}

namespace {

/// The costs of the steps of one epoch on the device.
struct Costs {
    Index steps = 0, launches = 0, read_backs = 0, allocations = 0;
};

/// Of the second epoch of a training stage, without its first step.
template <class Model>
Costs costs(Trainer<Model, Cuda>& trainer, const SmallShop& shop, TrainingStage stage) {
    cuda::Device& device = trainer.model().on->device();
    Costs start, sum;
    trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.stage != stage || p.epoch != 2 || p.kind != Progress::Kind::step)
            return p.stage != stage || p.epoch <= 2;
        const Costs now{p.done, device.stream().launches, device.stream().read_backs, device.allocations()};
        if (p.done == 1) start = now;
        sum = {now.steps - start.steps, now.launches - start.launches, now.read_backs - start.read_backs,
               now.allocations - start.allocations};
        return true;
    });
    return sum;
}

}  // namespace

TEST_CASE("a behaviour step never waits, a joint step twice, and no step allocates", "[pipeline]") {
    const SmallShop shop;
    for (const char* const loss : {loss::CrossEntropy::name, loss::Bce::name}) {
        auto config = test::small_config<Plain>();
        config.model.loss.objective = loss;
        Trainer<Plain, Cuda> trainer(config, shop.data.catalogue);
        const Costs c = costs(trainer, shop, TrainingStage::behaviour);
        REQUIRE(c.steps > 1);
        CHECK(c.read_backs == 0);
        CHECK(c.allocations == 0);
        WARN("launches a behaviour step: " << static_cast<double>(c.launches) / static_cast<double>(c.steps));
    }
    Trainer<Shop, Cuda> trainer(test::small_config<Shop>(), shop.data.catalogue, shop.language);
    const Costs c = costs(trainer, shop, TrainingStage::joint);
    REQUIRE(c.steps > 1);
    CHECK(c.read_backs == 2 * c.steps);
    CHECK(c.allocations == 0);
    WARN("launches a joint step: " << static_cast<double>(c.launches) / static_cast<double>(c.steps));

    // CostModel counts the same launches, except for sums of so many rows that they take two launches.
    auto joint = test::small_config<Shop>();
    joint.schedule.epochs = 0;
    Trainer<Shop, CostModel> counted(joint, shop.data.catalogue, shop.language,
                                     std::make_shared<CostModel>(4, 0.1));
    Index steps = 0, launches = 0;
    counted.fit(shop.split.train, {}, [&](const Progress& p) {
        if (++steps == 1) counted.model().on->forget();
        launches = counted.model().on->sum().launches;
        return p.done < p.all;
    });
    CHECK(static_cast<double>(launches) / static_cast<double>(steps - 1) ==
          Approx(static_cast<double>(c.launches) / static_cast<double>(c.steps)).epsilon(0.02));
}
