// SPDX-License-Identifier: Apache-2.0
// Folders of sentence-transformers say how a text's rows become a vector; what is not supported is refused by
// name.
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include <coco/llm/hf_pooling.hpp>

#include "io/support.hpp"

using Catch::Matchers::Contains;
using coco::llm::hf_pooling;

namespace {

/// A folder with this pooling and these further modules.
struct Saved {
    explicit Saved(const std::string& pooling, const std::string& more = "") {
        const std::string kind = R"("type": "sentence_transformers.models.)";
        support::write(folder / "modules.json", R"([{"idx": 0, "path": "", )" + kind +
                                                    R"(Transformer"}, {"path": "1_Pooling", )" + kind +
                                                    R"(Pooling"})" + more + "]");
        std::filesystem::create_directory(folder / "1_Pooling");
        support::write(folder / "1_Pooling/config.json", pooling);
    }
    std::string refusal() const {
        return support::error_of([&] { hf_pooling(folder.path()); });
    }
    support::Folder folder;
};

}  // namespace

TEST_CASE("sentence-transformers: mean and last token, in both spellings") {
    const char *old_mean = R"({"word_embedding_dimension": 8, "pooling_mode_cls_token": false,
                               "pooling_mode_mean_tokens": true, "pooling_mode_lasttoken": false})",
               *old_last = R"({"pooling_mode_mean_tokens": false, "pooling_mode_lasttoken": true})";
    CHECK(hf_pooling(Saved(old_mean).folder.path()) == "mean");
    CHECK(hf_pooling(Saved(old_last).folder.path()) == "last");
    CHECK(hf_pooling(Saved(R"({"pooling_mode": "mean"})").folder.path()) == "mean");
    CHECK(
        hf_pooling(Saved(R"({"pooling_mode": "lasttoken", "pooling_mode_lasttoken": true})").folder.path()) ==
        "last");
    const Saved scaled(old_mean, R"(, {"path": "2", "type": "sentence_transformers.models.Normalize"})");
    CHECK(hf_pooling(scaled.folder.path()) == "mean");
    CHECK(hf_pooling(support::Folder().path()).empty());
}

TEST_CASE("sentence-transformers: what is not supported is named") {
    CHECK_THAT(Saved(R"({"pooling_mode_cls_token": true})").refusal(),
               Contains("pooling_mode_cls_token: not supported: expected one of mean and lasttoken"));
    CHECK_THAT(Saved(R"({"pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true})").refusal(),
               Contains("pooling_mode_m") && Contains("not supported"));
    CHECK_THAT(Saved(R"({"pooling_mode_mean_sqrt_len_tokens": true})").refusal(),
               Contains("found mean_sqrt_len"));
    CHECK_THAT(Saved(R"({"pooling_mode": "cls"})").refusal(), Contains("found cls"));
    CHECK_THAT(Saved(R"({"pooling_mode_mean_tokens": false})").refusal(), Contains("pooling_mode: missing"));
    const Saved dense(R"({"pooling_mode": "mean"})", R"(, {"path": "2_Dense", "type": "x.models.Dense"})");
    CHECK_THAT(dense.refusal(),
               Contains("modules.json: 2: type: not supported") && Contains("x.models.Dense"));
    const support::Folder odd;
    support::write(odd / "modules.json", "{}");
    CHECK_THAT(support::error_of([&] { hf_pooling(odd.path()); }), Contains("a list of modules"));
}
