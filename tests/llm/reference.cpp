// SPDX-License-Identifier: Apache-2.0
// The decoder against PyTorch: small random models with gradients by autograd (fixtures/tiny_llama.py), and
// SmolLM2 with the same dequantised weights (fixtures/smollm2_reference.py).
#include <catch2/catch.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/llm/open.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "conformance/policy_under_test.hpp"
#include "io/support.hpp"
#include "llm/support.hpp"

using namespace support;
using coco::io::Safetensors;

namespace {

template <class T>
Numbers numbers(const Safetensors& file, const std::string& name) {
    const auto values = file.get<T>(name, file.tensor(name).shape);
    return Numbers(values.begin(), values.end());
}
std::vector<Id> ids(const Safetensors& file, const std::string& name) {
    const auto values = file.get<std::int32_t>(name, file.tensor(name).shape);
    return std::vector<Id>(values.begin(), values.end());
}

coco::llm::Source source_of(std::shared_ptr<const Safetensors> file) {
    const auto number = [&](const char* key) { return std::stod(file->metadata(key)); };
    const auto count = [&](const char* key) { return static_cast<Index>(number(key)); };
    coco::llm::Config c;
    c.width = count("hidden");
    c.layers = count("layers");
    c.heads = count("heads");
    c.kv_heads = count("kv_heads");
    c.head = count("head_dim");
    c.hidden = count("ffn");
    c.vocabulary = count("vocab");
    c.theta = number("rope_theta");
    c.epsilon = number("rms_eps");
    c.head_norm = file->has("blk.0.attn_q_norm.weight");
    c.qkv_bias = file->has("blk.0.attn_q.bias");
    return {c, [file](std::string_view name, Index rows, Index cols, Index first, std::span<float> out) {
                const auto& shape = file->tensor(name).shape;
                const auto values = file->get<float>(
                    name, shape.size() == 1 ? coco::io::Shape{cols} : coco::io::Shape{rows, cols});
                std::copy_n(values.begin() + first * cols, out.size(), out.begin());
            }};
}

/// Checks all outputs and gradients to within `allowed`, relative to a tensor's largest element.
template <class P>
void agrees(const std::string& name, const std::string& label, double allowed, double keep_bytes) {
    const auto file = std::make_shared<const Safetensors>(std::string(COCO_TEST_DIR) + "/fixtures/" + name);
    coco::llm::Source source = source_of(file);
    source.config.keep_bytes = keep_bytes;
    coco::adapter::LoRA::Config settings;
    settings.rank = static_cast<Index>(std::stod(file->metadata("rank")));
    settings.alpha = std::stod(file->metadata("alpha"));
    settings.dropout = 0;
    Bench<P> bench(source, settings, false);

    Prompts prompts;
    prompts.instruction = ids(*file, "instruction");
    const std::vector<Id> text = ids(*file, "text"), text_of = ids(*file, "text_offsets"),
                          soft_of = ids(*file, "soft_offsets");
    for (std::size_t g = 0; g + 1 < text_of.size(); ++g) {
        prompts.soft.push_back(soft_of[g + 1] - soft_of[g]);
        prompts.text.emplace_back(text.begin() + text_of[g], text.begin() + text_of[g + 1]);
    }
    const auto part = [](Index layer, const char* place, const char* factor) {
        return "blk." + std::to_string(layer) + ".attn_" + place + ".lora_" + factor;
    };
    for (Index l = 0; l < source.config.layers; ++l) {
        bench.set(bench.adapter.change(l, coco::adapter::Projection::query).a(),
                  numbers<float>(*file, part(l, "q", "a")));
        bench.set(bench.adapter.change(l, coco::adapter::Projection::query).b(),
                  numbers<float>(*file, part(l, "q", "b")));
        bench.set(bench.adapter.change(l, coco::adapter::Projection::value).a(),
                  numbers<float>(*file, part(l, "v", "a")));
        bench.set(bench.adapter.change(l, coco::adapter::Projection::value).b(),
                  numbers<float>(*file, part(l, "v", "b")));
    }
    using Reference = std::conditional_t<std::is_same_v<typename P::Scalar, double>, double, float>;
    const Outcome o = bench.both(prompts, numbers<float>(*file, "soft"), numbers<float>(*file, "upstream"));
    const auto check = [&](const Numbers& ours, const std::string& tensor) {
        const double off = relative(ours, numbers<Reference>(*file, tensor + "." + label));
        INFO(name << ": " << tensor << " in " << label << " is off by " << off);
        CHECK(off <= allowed);
    };
    check(o.out, "hidden");
    check(o.dsoft, "soft.gradient");
    const auto gradient = [&](const coco::TensorRef& ref) {
        return coco::conformance::downloaded<P>(bench.on, bench.gradients.view(ref));
    };
    for (Index l = 0; l < source.config.layers; ++l) {
        check(gradient(bench.adapter.change(l, coco::adapter::Projection::query).a()),
              part(l, "q", "a") + ".gradient");
        check(gradient(bench.adapter.change(l, coco::adapter::Projection::query).b()),
              part(l, "q", "b") + ".gradient");
        check(gradient(bench.adapter.change(l, coco::adapter::Projection::value).a()),
              part(l, "v", "a") + ".gradient");
        check(gradient(bench.adapter.change(l, coco::adapter::Projection::value).b()),
              part(l, "v", "b") + ".gradient");
    }
}

}  // namespace

TEST_CASE("decoder: rows and gradients of small random models equal PyTorch's") {
    for (const char* name : {"tiny_llama.safetensors", "tiny_qwen2.safetensors", "tiny_qwen3.safetensors"})
        for (const double keep_bytes : {1e9, 0.0}) {
            agrees<coco::conformance::PolicyUnderTest<double>>(name, "f64", 1e-9, keep_bytes);
            agrees<coco::conformance::PolicyUnderTest<float>>(name, "f32", 1e-4, keep_bytes);
        }
}

TEMPLATE_TEST_CASE("decoder: SmolLM2 predicts the same as in PyTorch", "", coco::llm::storage::Float,
                   coco::llm::storage::AsStored, coco::llm::storage::BFloat16) {
    if (coco::conformance::too_long_emulated()) return;
    const auto path = smollm2();
    if (path.empty()) {
        std::cout << "SKIPPED: no SmolLM2 GGUF in the cache\n";
        return;
    }
    const Safetensors file(std::string(COCO_TEST_DIR) + "/fixtures/smollm2_reference.safetensors");
    constexpr bool narrow = std::is_same_v<TestType, coco::llm::storage::BFloat16>;
    Bench<coco::conformance::PolicyUnderTest<float>, coco::adapter::Frozen, TestType> bench(
        coco::llm::open(path), {}, false, 2);
    const std::vector<Id> token = ids(file, "ids"), argmax = ids(file, "argmax"),
                          columns = ids(file, "columns");
    const Numbers deviation = numbers<float>(file, "deviation"), logit = numbers<float>(file, "logits"),
                  log_sum = numbers<float>(file, "log_sum"), hidden = numbers<float>(file, "hidden");
    coco::Offsets offsets;
    offsets.at = ids(file, "offsets");
    coco::Context<coco::conformance::PolicyUnderTest<float>> ctx =
        bench.parameters.context(bench.on, bench.work);
    const auto rows =
        bench.decoder.hidden(ctx, bench.adapter, coco::conformance::ids(bench.on, bench.work, token),
                             coco::conformance::segments(bench.on, bench.work, offsets));
    const auto logits =
        bench.decoder.logits(ctx, coco::CRows<coco::conformance::PolicyUnderTest<float>>(rows));
    REQUIRE(rows.rows == static_cast<Index>(argmax.size()));

    Index other = 0;
    double worst = 0, worst_sum = 0;
    for (Index i = 0; i < rows.rows; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const float* const row = logits.row(i);
        const auto best = std::max_element(row, row + logits.cols);
        other += best - row != argmax[at];
        double sum = 0;
        for (Index j = 0; j < logits.cols; ++j) sum += std::exp(static_cast<double>(row[j] - *best));
        worst_sum = std::max(
            worst_sum, std::abs(std::log(sum) + static_cast<double>(*best) - log_sum[at]) / deviation[at]);
        for (std::size_t c = 0; c < columns.size(); ++c)
            worst = std::max(worst,
                             std::abs(static_cast<double>(row[columns[c]]) - logit[at * columns.size() + c]) /
                                 deviation[at]);
    }
    // With weights rounded to eight bits close predictions may differ.
    CHECK(other <= (narrow ? rows.rows / 20 : 0));
    INFO("largest difference of a logit: " << worst << " standard deviations");
    CHECK(worst <= (narrow ? 0.5 : 1e-3));
    CHECK(worst_sum <= (narrow ? 0.5 : 1e-3));

    INFO(other << " of " << rows.rows << " choices differ");
    double least = 1;
    for (Index i = 0; i < static_cast<Index>(hidden.size()) / rows.cols; ++i) {
        const Numbers ours(rows.row(i), rows.row(i) + rows.cols);
        const Numbers theirs(hidden.begin() + i * rows.cols, hidden.begin() + (i + 1) * rows.cols);
        least = std::min(least, coco::conformance::dot(ours, theirs) / coco::conformance::length(ours) /
                                    coco::conformance::length(theirs));
    }
    CHECK(least >= (narrow ? 0.999 : 0.99999));
}
