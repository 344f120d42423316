// SPDX-License-Identifier: Apache-2.0
// FDSA in a whole run: trained on titles' words, saved, loaded with the same features, refused with others.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include <coco/backbone/fdsa.hpp>
#include <coco/data/features.hpp>
#include <coco/eval/evaluate.hpp>
#include <coco/host/host.hpp>
#include <coco/serve/load.hpp>
#include <coco/serve/recommender.hpp>

#include "train/small_shop.hpp"

using namespace coco;
using Base = SequentialRecommender<backbone::FDSA>;

namespace {

data::Feature words_of(const data::Catalogue& catalogue) {
    const std::string_view names[] = {"title_words"};
    return data::features_of(catalogue, names).front();
}

/// The same values, of items in reverse order.
data::Feature reversed(const data::Feature& feature) {
    data::Feature other(feature.name());
    for (Id item = static_cast<Id>(feature.items()); item-- > 0;) {
        std::vector<std::string_view> values;
        for (const Id value : feature.of(item)) values.push_back(feature.value(value));
        other.add(values);
    }
    return other;
}

}  // namespace

TEST_CASE("FDSA: a checkpoint is loaded with its features, and refused with others", "[fdsa]") {
    const test::SmallShop shop;
    const data::Feature words = words_of(shop.data.catalogue), turned = reversed(words);
    const backbone::FeatureBags bags = backbone::feature_bags({&words, 1}),
                                others = backbone::feature_bags({&turned, 1});
    REQUIRE(bags.digest != others.digest);
    TrainConfig<Base> config = test::small_config<Base>();
    config.schedule.joint_epochs = 0;
    config.model.behaviour.backbone.features = bags.features;
    config.model.behaviour.backbone.texts = bags.digest;
    Trainer<Base, Host> trainer(config, shop.data.catalogue);
    REQUIRE(trainer.fit(shop.split.train, shop.split.valid));
    const auto folder = std::filesystem::temp_directory_path() / text_of("coco-fdsa-", ::getpid());
    std::filesystem::create_directories(folder);
    const auto path = folder / "fdsa.coco";
    save(path, trainer);

    const auto given = [&](const backbone::FeatureBags& features) {
        return load<Base, Host>(path, std::make_shared<Host>(), [&](TrainConfig<Base>& c) {
            c.model.behaviour.backbone.features = features.features;
        });
    };
    const auto again = given(bags);
    CHECK(evaluate(again, shop.split.test).recall(10) ==
          evaluate(trainer.model(), shop.split.test).recall(10));
    const std::vector<Id> history{3, 1, 4};
    CHECK(Recommender<Base, Host>(again).recommend({.history = history, .k = 5, .exclude = {}}).items ==
          Recommender<Base, Host>(trainer.model())
              .recommend({.history = history, .k = 5, .exclude = {}})
              .items);
    CHECK_THROWS_WITH(given(others), Catch::Contains("fdsa.texts: not the digest of these features"));
    CHECK_THROWS_WITH(given({}), Catch::Contains("fdsa.features: none given"));

    config.model.behaviour.backbone.features = others.features;
    config.model.behaviour.backbone.texts = others.digest;
    Trainer<Base, Host> other(config, shop.data.catalogue);
    CHECK_THROWS_WITH(resume(path, other), Catch::Contains("texts"));
    std::filesystem::remove_all(folder);
}
