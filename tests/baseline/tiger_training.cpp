// SPDX-License-Identifier: Apache-2.0
// TIGER in a whole run: trained, evaluated under every treatment of seen items, saved, loaded with its ids,
// refused with others, served.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include <coco/baseline/tiger/tiger.hpp>
#include <coco/data/dataset.hpp>
#include <coco/host/host.hpp>
#include <coco/serve/load.hpp>
#include <coco/serve/recommender.hpp>
#include <coco/train/trainer.hpp>

using namespace coco;
using baseline::TIGER;

namespace {

constexpr Index items = 12, users = 60;

/// Every item is followed by the next one of a circle.
data::Dataset circle() {
    data::Dataset all;
    for (Index i = 0; i < items; ++i) all.catalogue.add(std::to_string(i));
    RandomStream random(2);
    for (Index u = 0; u < users; ++u) {
        std::vector<Id> history;
        const Index first = random.below(items), length = 5 + random.below(4);
        for (Index i = 0; i < length; ++i) history.push_back(static_cast<Id>((first + i) % items));
        all.interactions.add(history);
    }
    return all;
}

std::shared_ptr<const quantize::SemanticIds> ids(Id shift) {
    const std::vector<Index> sizes{3, 3};
    std::vector<Id> codes;
    for (Id i = 0; i < static_cast<Id>(items); ++i) codes.insert(codes.end(), {i % 3, (i / 3 + shift) % 3});
    return std::make_shared<const quantize::SemanticIds>(codes, sizes);
}

TrainConfig<TIGER> config() {
    TrainConfig<TIGER> c;
    c.model.network = {.width = 16,
                       .heads = 2,
                       .head = 8,
                       .hidden = 32,
                       .encoder_layers = 1,
                       .decoder_layers = 1,
                       .dropout = 0};
    c.model.window = 6;
    c.model.beam = 4;
    c.model.ids = ids(0);
    c.sampling.window = 6;
    c.schedule.batch.samples = 32;
    c.schedule.epochs = 60;
    c.schedule.patience = 60;
    c.schedule.joint_epochs = 0;
    c.schedule.rate = 1e-2;
    return c;
}

}  // namespace

TEST_CASE("TIGER learns what follows, is evaluated, saved, loaded and served", "[tiger]") {
    const data::Dataset data = circle();
    const data::Split split = data::leave_one_out(data.interactions);
    const auto on = std::make_shared<Host>(2);
    Trainer<TIGER, Host> trainer(config(), data.catalogue, on);
    REQUIRE(trainer.fit(split.train, split.valid));
    CHECK(trainer.model().builder.sampling().samples == Samples::prefixes);
    Evaluator<TIGER, Host> evaluator(*on);
    const auto metrics = evaluator.evaluate(trainer.model(), split.test, every_seen_items);
    for (const Metrics& m : metrics) CHECK(m.recall(1) > 0.7);
    // Items of a history, which the model does not expect, change the ranks behind the first only.
    CHECK(metrics[0].ndcg(10) == metrics[1].ndcg(10));

    const auto folder = std::filesystem::temp_directory_path() / text_of("coco-tiger-", ::getpid());
    std::filesystem::create_directories(folder);
    const auto path = folder / "tiger.coco";
    save(path, trainer);
    const auto given = [&](const std::shared_ptr<const quantize::SemanticIds>& of) {
        return load<TIGER, Host>(path, std::make_shared<Host>(1),
                                 [&](TrainConfig<TIGER>& c) { c.model.ids = of; });
    };
    const auto again = given(ids(0));
    CHECK(evaluate(again, split.test, SeenItems::included).recall(1) == metrics[2].recall(1));
    const auto message = [](const auto& f) {
        try {
            f();
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    const std::string refused = message([&] { given(ids(1)); });
    INFO(refused);
    CHECK(refused.find("settings.model.ids.digest") != std::string::npos);
    CHECK(message([&] { load<TIGER, Host>(path); }).find("tiger.ids: missing") != std::string::npos);
    std::filesystem::remove_all(folder);

    Recommender<TIGER, Host> recommender(again);
    const std::vector<Id> history{2, 3, 4};
    const auto best = recommender.recommend(Request{history, no_id, 2}).items;
    REQUIRE(!best.empty());
    CHECK(best.front().item == 5);
}
