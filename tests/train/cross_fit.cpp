// SPDX-License-Identifier: Apache-2.0
// Columns learned by cross-fitting: which fold learns what, and that a run goes on where it was stopped.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include <coco/host/host.hpp>
#include <coco/train/checkpoint.hpp>
#include <coco/train/cross_fit.hpp>

#include "io/support.hpp"
#include "train/wordy_shop.hpp"

using namespace coco;
using test::Learner;
using test::WordyShop;

namespace {

constexpr Index folds = 3;

CrossFit<Learner, Host> folded(const WordyShop& shop, Index epochs = 3) {
    std::vector<std::unique_ptr<Trainer<Learner, Host>>> trainers;
    for (Index fold = 0; fold < folds; ++fold) {
        auto config = shop.learner();
        config.schedule.stages = fold_stages(config.schedule, Samples::positions, folds, fold, 5e-3, epochs);
        trainers.push_back(
            std::make_unique<Trainer<Learner, Host>>(config, shop.data.catalogue, std::make_shared<Host>(1)));
    }
    return CrossFit<Learner, Host>(std::move(trainers));
}

}  // namespace

TEST_CASE("folds of users: each is in one, and the others' histories are empty", "[cross-fit]") {
    const WordyShop shop;
    const data::Interactions& train = shop.split.train;
    Index inside = 0;
    for (Index fold = 0; fold < folds; ++fold) {
        const UserFold own{folds, fold, false}, others{folds, fold, true};
        const data::Interactions a = own.of(train), b = others.of(train);
        REQUIRE(a.users() == train.users());
        for (Id user = 0; user < static_cast<Id>(train.users()); ++user) {
            CHECK(own.has(user) != others.has(user));
            CHECK(a.length(user) + b.length(user) == train.length(user));
            inside += own.has(user);
        }
    }
    CHECK(inside == train.users());
    CHECK(UserFold{}.has(5));
    std::vector<StageSettings> stages(1);
    stages[0].users = {3, 3, false};
    CHECK_THROWS_WITH(check_stages(stages, "stages"),
                      "stages[0].users.fold: no such fold: expected below 3, found 3");
    stages[0].users = {1, 0, true};
    CHECK_THROWS_WITH(check_stages(stages, "stages"),
                      "stages[0].users.others: there are no other folds: expected 2 folds or more");
}

TEST_CASE("cross-fitting: behaviours first, then the columns pass from fold to fold", "[cross-fit]") {
    const WordyShop shop;
    CrossFit<Learner, Host> fit = folded(shop);
    std::vector<std::string> course;
    std::vector<double> loss;
    REQUIRE(fit.fit(shop.split.train, shop.split.valid, [&](std::size_t fold, const Progress& p) {
        if (p.kind != Progress::Kind::epoch) return true;
        if (p.stage == TrainingStage::columns) {
            course.push_back(text_of(fold, ".", p.epoch));
            loss.push_back(p.loss);
        } else {
            CHECK(course.empty());
        }
        return true;
    }));
    REQUIRE(course.size() >= 6);
    CHECK(course[0] == "0.1");
    CHECK(course[1] == "1.1");
    CHECK(course[2] == "2.1");
    CHECK(course[3] == "0.2");
    CHECK(course.size() % folds == 0);
    // Each fold's second pass begins with what the others have learned since its first.
    for (std::size_t f = 0; f < folds; ++f) CHECK(loss[f + folds] < loss[f]);
    const LearnedColumns learned = learned_columns(fit.model());
    CHECK(learned.kappa.size() == shop.kappa.size());
    CHECK(learned.kappa != shop.kappa);
    // Behaviours differ: each has been fitted on other users.
    const auto item = [&](std::size_t fold) {
        const auto& model = fit.folds()[fold]->model();
        return values_of(*model.on, std::as_const(*model.parameters),
                         model.model->layout().tensor("item").ref);
    };
    CHECK(item(0) != item(1));
    CHECK_THROWS_WITH((CrossFit<Learner, Host>({})),
                      "cross-fitting: too few folds: expected at least 2, found 0");
    std::vector<std::unique_ptr<Trainer<Learner, Host>>> wrong;
    for (int fold = 0; fold < 2; ++fold) {
        auto config = shop.learner();
        config.schedule.stages.resize(1);
        config.schedule.stages[0].rate = 1e-3;
        wrong.push_back(std::make_unique<Trainer<Learner, Host>>(config, shop.data.catalogue));
    }
    CHECK_THROWS_WITH((CrossFit<Learner, Host>(std::move(wrong))),
                      "cross-fitting, fold 0: has other stages: expected those of `fold_stages`");
}

TEST_CASE("cross-fitting: stopped anywhere and resumed from files, the columns are the same", "[cross-fit]") {
    const WordyShop shop;
    CrossFit<Learner, Host> whole = folded(shop, 2);
    int steps = 0;
    REQUIRE(whole.fit(shop.split.train, shop.split.valid, [&](std::size_t, const Progress& p) {
        steps += p.kind == Progress::Kind::step;
        return true;
    }));
    const LearnedColumns wanted = learned_columns(whole.model());
    const support::Folder folder;
    for (const int stop : {3, steps / 2, steps * 3 / 4, steps - 2}) {
        INFO("after step " << stop << " of " << steps);
        const auto file = [&](std::size_t fold) {
            return folder.path() / text_of("fold", stop, "-", fold, ".coco");
        };
        {
            CrossFit<Learner, Host> first = folded(shop, 2);
            int done = 0;
            CHECK_FALSE(first.fit(shop.split.train, shop.split.valid, [&](std::size_t, const Progress& p) {
                return p.kind != Progress::Kind::step || ++done < stop;
            }));
            for (std::size_t f = 0; f < folds; ++f) save(file(f), *first.folds()[f]);
        }
        CrossFit<Learner, Host> second = folded(shop, 2);
        for (std::size_t f = 0; f < folds; ++f) resume(file(f), *second.folds()[f]);
        REQUIRE(second.fit(shop.split.train, shop.split.valid,
                           [](std::size_t, const Progress&) { return true; }));
        const LearnedColumns found = learned_columns(second.model());
        CHECK(found.kappa == wanted.kappa);
        CHECK(found.read == wanted.read);
    }
}
