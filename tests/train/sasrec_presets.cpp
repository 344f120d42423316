// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/sasrec_presets.hpp>

using namespace coco;

TEST_CASE("presets of SASRec set what they list", "[presets]") {
    using Plain = SequentialRecommender<backbone::SASRec>;
    CHECK(find_sasrec_preset("none") == nullptr);
    for (const SASRecPreset& preset : sasrec_presets) {
        REQUIRE(find_sasrec_preset(preset.name) == &preset);
        TrainConfig<Plain> c;
        apply(preset, c, 1000);
        const auto& backbone = c.model.behaviour.backbone;
        CHECK(backbone.form == preset.form);
        CHECK(backbone.encoder.heads == preset.heads);
        CHECK(backbone.encoder.attention_dropout == preset.dropout);
        CHECK(c.schedule.batch.rows == preset.batch * c.sampling.window);
        const bool original = preset.form == backbone::SASRecForm::original;
        CHECK(c.model.behaviour.items.init == (original ? std::sqrt(2.0 / 1064) : 0.02));
        CHECK(Plain(c.model, 1000).items() == 1000);
    }
}
