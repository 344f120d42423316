// SPDX-License-Identifier: Apache-2.0
// All of CoCo on one page, on a generated shop and a tiny random language model: train, evaluate, save, load,
// recommend. Takes seconds.
#include <cstdio>
#include <filesystem>

#include <coco/coco.hpp>

int main() {
    // Parts are given in any order; for those that are not given the paper's are used.
    using Shop =
        coco::Pipeline<coco::backbone::SASRec, coco::prompt::VqCodebook, coco::llm::Decoder<>,
                       coco::decoupler::CrossAttention, coco::aligner::CrossAttention, coco::adapter::LoRA>;

    const coco::data::Dataset shop = coco::data::synthetic({.users = 400}).data;
    const coco::data::Split split = coco::data::leave_one_out(shop.interactions);
    const coco::llm::Tiny tiny = coco::llm::tiny(shop.catalogue);
    const coco::llm::TextModel language{
        tiny.source, [&](std::string_view text) { return tiny.words.encode(text); }, "tiny"};

    coco::TrainConfig<Shop> config;
    config.schedule.epochs = 10;
    config.schedule.joint_epochs = 2;
    config.sampling.budget.tokens = 32;

    coco::Trainer<Shop, coco::Host> trainer(config, shop.catalogue, language);
    trainer.fit(split.train, split.valid, coco::progress_bar());
    const coco::Metrics metrics = coco::evaluate(trainer.model(), split.test);
    std::printf("R@10 %.4f  N@10 %.4f\n", metrics.recall(10), metrics.ndcg(10));

    const auto file = std::filesystem::temp_directory_path() / "quickstart.coco";
    coco::save(file, trainer);

    const auto model = coco::load<Shop, coco::Host>(file, language, &shop.catalogue);
    const coco::Recommender<Shop, coco::Host> recommender(model,
                                                          coco::make_knowledge(model, shop.interactions));
    const auto history = shop.interactions.of(0);
    const coco::Recommendation next = recommender.recommend({.history = history, .user = 0, .k = 3});
    std::printf("for user 0%s:", next.used_knowledge ? ", with what is known of them" : "");
    for (const coco::Scored& item : next.items)
        std::printf(" %s (%.2f)", shop.catalogue.key(item.item).c_str(), static_cast<double>(item.score));
    std::printf("\n");
    std::filesystem::remove(file);
}
