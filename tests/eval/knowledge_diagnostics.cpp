// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include <coco/decoupler/standardized.hpp>
#include <coco/eval/knowledge_diagnostics.hpp>
#include <coco/host/host.hpp>
#include <coco/prompt/normalized_codebook.hpp>
#include <coco/train/unseen_stages.hpp>

#include "train/small_shop.hpp"

using namespace coco;

TEST_CASE("knowledge diagnostics: cosines and common parts of known rows", "[eval]") {
    using diagnostics::common_part, diagnostics::mean_cosine;
    CHECK(mean_cosine(std::vector<double>{1, 0, 0, 2}, 2) == Approx(0).margin(1e-15));
    CHECK(mean_cosine(std::vector<double>{1, 0, 3, 0, 0, 2}, 2) == Approx(1.0 / 3));
    CHECK(mean_cosine(std::vector<double>{1, 0}, 2) == 0);
    CHECK(common_part(std::vector<double>{1, 2, 1, 2}, 2) == Approx(1));
    CHECK(common_part(std::vector<double>{1, 2, -1, -2}, 2) == Approx(0).margin(1e-15));
    CHECK(common_part(std::vector<double>{2, 1, 2, -1}, 2) == Approx(0.8));
    std::vector<double> row{1, 2, 3};
    diagnostics::standardise(row);
    CHECK(row[1] == Approx(0).margin(1e-15));
    CHECK(row[2] == Approx(std::sqrt(1.5)));
}

TEST_CASE("knowledge diagnostics of a trained pipeline: prompts stay tokens where they are normalised",
          "[eval][knowledge]") {
    using Reading = BasicPipeline<backbone::SASRec, items::Table, prompt::NormalizedCodebook, llm::Decoder<>,
                                  decoupler::Standardized<>, aligner::CrossAttention, adapter::LoRA>;
    const test::SmallShop shop;
    auto config = test::small_config<Reading>();
    config.model.unseen.on = true;
    config.schedule.stages = unseen_stages(config.schedule, Samples::prefixes);
    Trainer<Reading, Host> trainer(config, shop.data.catalogue, shop.language, std::make_shared<Host>(1));
    std::vector<std::string> stages;
    REQUIRE(trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.kind == Progress::Kind::epoch) stages.emplace_back(p.stage.name());
        return true;
    }));
    CHECK(stages == std::vector<std::string>{"behaviour", "behaviour", "behaviour", "knowledge", "knowledge",
                                             "knowledge", "refit", "refit", "refit"});
    const KnowledgeDiagnostics signs = knowledge_diagnostics(trainer.model(), shop.split.valid, 32);
    CHECK(signs.prompt_size == Approx(1).epsilon(1e-4));
    CHECK(signs.prompt_cosine < 1);
    CHECK(std::abs(signs.code_cosine) <= 1);
    CHECK(signs.common_pure > 0);
    CHECK(signs.common_pure < 1);
    CHECK(knowledge_diagnostics(trainer.model(), data::Cases{}).prompt_size == 0);
}
