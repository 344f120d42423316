// SPDX-License-Identifier: Apache-2.0
// A setting chooses among the objectives of a list; one of a user's own, with settings, stands beside ours.
#include <catch2/catch.hpp>

#include <coco/core/setting_list.hpp>
#include <coco/loss/bce.hpp>
#include <coco/loss/cross_entropy.hpp>
#include <coco/loss/objective.hpp>

#include "conformance/objective.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

/// Cross-entropy times a factor.
struct Scaled {
    using Role = role::Objective;
    static constexpr const char* name = "scaled";
    static constexpr bool needs_negatives = false;

    struct Config {
        double factor = 1;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("factor", c.factor, between(0, 10)));
        }
    };

    explicit Scaled(const Config& config) : factor(config.factor) {}

    template <class Policy>
    void step(Context<Policy>& ctx, CRows<Policy> h, CRows<Policy> vectors, const Targets<Policy>& targets,
              double weight, typename Policy::Scalar* loss, Rows<Policy> dh, Rows<Policy> dvectors) const {
        loss::CrossEntropy::step(ctx, h, vectors, targets, factor * weight, loss, dh, dvectors);
    }

    double factor;
};

using Three = Objectives<loss::CrossEntropy, loss::Bce, Scaled>;

/// One of the list, or the objective itself where `direct` is not empty.
struct Case {
    Three list;
    std::string direct;

    std::vector<conformance::Shape> inputs(Index rows) const { return {{rows, 3}, {4, 3}}; }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        const std::vector<Id> yes{0, 1, 1}, no{2, 2, 3};
        Targets<Policy> t;
        t.item = conformance::ids(ctx.on, ctx.work, yes);
        t.by_item = conformance::inverse(ctx.on, ctx.work, yes, 4);
        t.negative = conformance::ids(ctx.on, ctx.work, no);
        t.by_negative = conformance::inverse(ctx.on, ctx.work, no, 4);
        if (direct.empty())
            list.step(ctx, x[0], x[1], t, weight, loss, dx[0], dx[1]);
        else if (direct == "bce")
            loss::Bce::step(ctx, x[0], x[1], t, weight, loss, dx[0], dx[1]);
        else
            loss::CrossEntropy::step(ctx, x[0], x[1], t, direct == "scaled" ? 3 * weight : weight, loss,
                                     dx[0], dx[1]);
    }
};

}  // namespace

TEST_CASE("objectives: ours and a user's pass the conformance test", "[objective]") {
    conformance::objective(loss::CrossEntropy());
    conformance::objective(loss::Bce());
    conformance::objective(Scaled({.factor = 1.5}));
}

TEST_CASE("objectives: the one that is named computes the step", "[objective]") {
    Three::Config config;
    std::get<2>(config.of).factor = 3;
    for (const char* const name : {"cross_entropy", "bce", "scaled"}) {
        const Case chosen{Three(name, config), ""}, direct{Three(name, config), name};
        const auto inputs = conformance::loss_inputs(chosen, 3);
        CHECK(conformance::loss_step<P>(chosen, inputs, 3, 1, 0) ==
              conformance::loss_step<P>(direct, inputs, 3, 1, 0));
        CHECK(chosen.list.needs_negatives() == (name == std::string("bce")));
    }
    CHECK(Three::default_name == std::string("cross_entropy"));
    CHECK_THROWS_WITH(Three("bpr", config),
                      "loss.objective: unknown name: expected one of cross_entropy, bce, scaled, found bpr");
}

TEST_CASE("objectives: settings of each are listed by its name", "[objective]") {
    Three::Config config;
    const std::vector<SettingRef> all = list_settings(config);
    REQUIRE(all.size() == 3);
    CHECK(all[2].name == "scaled");
    REQUIRE(all[2].children.size() == 1);
    CHECK(all[2].children[0].name == "factor");
    CHECK(Three::Config::configured);
    CHECK(!DefaultObjectives::Config::configured);
    std::get<2>(config.of).factor = 11;
    CHECK_THROWS_WITH(check_settings(config, "objectives"), Catch::Contains("objectives.scaled.factor"));
}
