// SPDX-License-Identifier: Apache-2.0
// A model written as a GGUF file and read back; files that cannot be read as one.
#include <catch2/catch.hpp>
#include <coco/llm/open.hpp>
#include <limits>
#include <map>

#include "conformance/policy_under_test.hpp"
#include "io/support.hpp"
#include "llm/support.hpp"

using namespace support;
using Catch::Matchers::Contains;

namespace {

/// The contents of a model file, metadata and tensors by name, to be modified before it is written.
struct Model {
    std::string architecture = "llama";
    std::map<std::string, std::uint32_t> numbers;
    std::map<std::string, std::string> words;
    std::map<std::string, std::pair<std::array<Index, 2>, std::vector<float>>> tensors;

    std::filesystem::path write(const std::filesystem::path& path) const {
        GgufBytes file;
        file.entry("general.architecture", architecture);
        for (const auto& [key, value] : numbers) file.entry(architecture + "." + key, value);
        for (const auto& [key, value] : words) file.entry(architecture + "." + key, value);
        file.entry(architecture + ".attention.layer_norm_rms_epsilon", 6, bytes_of(1e-5f));
        file.entry(architecture + ".rope.freq_base", 6, bytes_of(5000.0f));
        for (const auto& [name, tensor] : tensors) {
            const auto& [shape, values] = tensor;
            file.tensor(name, {static_cast<std::uint64_t>(shape[1]), static_cast<std::uint64_t>(shape[0])}, 0,
                        file.data.size());
            file.data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
            file.data.resize((file.data.size() + 31) / 32 * 32);
        }
        return support::write(path, file.bytes());
    }
};

coco::llm::Config config(const std::string& architecture = "llama") {
    coco::llm::Config c = small_config();
    c.theta = 5000;
    c.epsilon = static_cast<double>(1e-5f);
    c.head_norm = architecture == "qwen3";
    c.qkv_bias = architecture == "qwen2";
    return c;
}

/// The file a converter makes of a model: Llama's query and key rows are reordered from split halves to
/// adjacent pairs.
Model model_of(const coco::llm::Source& source, const std::string& architecture) {
    const coco::llm::Config& c = source.config;
    Model m;
    m.architecture = architecture;
    m.numbers = {{"block_count", 2},          {"embedding_length", 16},
                 {"attention.head_count", 4}, {"attention.head_count_kv", 2},
                 {"attention.key_length", 6}, {"feed_forward_length", 20}};
    const auto add = [&](const std::string& name, Index rows, Index cols) {
        std::vector<float> values(static_cast<std::size_t>(rows * cols));
        source.read(name, rows, cols, 0, values);
        if (architecture == "llama" && (name.ends_with("attn_q.weight") || name.ends_with("attn_k.weight"))) {
            const std::vector<float> halves = values;
            for (Index i = 0; i < rows; ++i) {
                const Index head = i / c.head * c.head, at = i % c.head;
                const Index from = head + (at % 2 == 0 ? at / 2 : c.head / 2 + at / 2);
                std::copy_n(halves.begin() + from * cols, cols, values.begin() + i * cols);
            }
        }
        m.tensors[name] = {{rows, cols}, values};
    };
    add("token_embd.weight", c.vocabulary, c.width);
    add("output_norm.weight", 1, c.width);
    for (Index l = 0; l < c.layers; ++l) {
        const auto name = [&](const char* part) { return coco::llm::layer_tensor(l, part); };
        add(name("attn_norm"), 1, c.width);
        add(name("attn_q"), c.query_width(), c.width);
        add(name("attn_k"), c.kv_width(), c.width);
        add(name("attn_v"), c.kv_width(), c.width);
        add(name("attn_output"), c.width, c.query_width());
        add(name("ffn_norm"), 1, c.width);
        add(name("ffn_gate"), c.hidden, c.width);
        add(name("ffn_up"), c.hidden, c.width);
        add(name("ffn_down"), c.width, c.hidden);
        if (c.qkv_bias)
            for (const auto& [part, cols] :
                 {std::pair("attn_q", c.query_width()), {"attn_k", c.kv_width()}, {"attn_v", c.kv_width()}})
                add(coco::llm::layer_tensor(l, part, "bias"), 1, cols);
        if (c.head_norm) {
            add(name("attn_q_norm"), 1, c.head);
            add(name("attn_k_norm"), 1, c.head);
        }
    }
    return m;
}

}  // namespace

TEST_CASE("GGUF source: Llama, Qwen2 and Qwen3 files give back the model that was written") {
    const Folder folder;
    for (const std::string architecture : {"llama", "qwen2", "qwen3"}) {
        const coco::llm::Source original = coco::llm::random_source(config(architecture), 5);
        const auto path = model_of(original, architecture).write(folder / "model.gguf");
        const coco::llm::Source read = coco::llm::open(path);
        CHECK(read.config.head_norm == (architecture == "qwen3"));
        CHECK(read.config.qkv_bias == (architecture == "qwen2"));
        CHECK(read.config.head == 6);
        CHECK(read.config.vocabulary == 31);
        CHECK(read.config.tied);
        using P = coco::conformance::PolicyUnderTest<double>;
        const Prompts prompts = ragged();
        const Numbers soft = coco::conformance::normals(prompts.soft_rows() * 16, 3);
        Bench<P, coco::adapter::Frozen> a(original), b(read);
        CHECK(a.both(prompts, soft).out == b.both(prompts, soft).out);
    }
}

TEST_CASE("GGUF source: some rows of a tensor equal those of the whole, as values and as bytes") {
    const Folder folder;
    for (const std::string architecture : {"llama", "qwen3"}) {
        const auto path = model_of(coco::llm::random_source(config(architecture), 5), architecture)
                              .write(folder / "model.gguf");
        const coco::llm::Source source = coco::llm::open(path);
        for (const auto& [name, rows, cols] :
             {std::tuple<const char*, Index, Index>{"blk.1.attn_q.weight", 24, 16},
              {"blk.0.ffn_down.weight", 16, 20}}) {
            std::vector<float> whole(static_cast<std::size_t>(rows * cols)), stored(whole.size());
            source.read(name, rows, cols, 0, whole);
            source.bytes(name, rows, cols, 0, std::as_writable_bytes(std::span(stored)));
            CHECK(stored == whole);
            for (const Index first : {1, 5, 13}) {
                std::vector<float> some(static_cast<std::size_t>(3 * cols)), bytes(some.size());
                source.read(name, rows, cols, first, some);
                source.bytes(name, rows, cols, first, std::as_writable_bytes(std::span(bytes)));
                CHECK(std::equal(some.begin(), some.end(), whole.begin() + first * cols));
                CHECK(bytes == some);
            }
            std::vector<float> beyond(static_cast<std::size_t>(2 * cols));
            CHECK_THROWS_AS(source.read(name, rows, cols, rows - 1, beyond), coco::Error);
        }
    }
}

TEST_CASE("GGUF source: query and key rows in adjacent pairs with their rotation give the same model") {
    const coco::llm::Source halves = coco::llm::random_source(config(), 5);
    const Model file = model_of(halves, "llama");
    coco::llm::Source pairs = halves;
    pairs.config.rope = coco::nn::RopeKind::adjacent;
    pairs.read = [&](std::string_view name, Index, Index, Index, std::span<float> out) {
        const std::vector<float>& values = file.tensors.at(std::string(name)).second;
        std::copy(values.begin(), values.end(), out.begin());
    };
    using P = coco::conformance::PolicyUnderTest<double>;
    const Prompts prompts = ragged();
    const Numbers soft = coco::conformance::normals(prompts.soft_rows() * 16, 3);
    Bench<P, coco::adapter::Frozen> a(halves), b(pairs);
    CHECK(relative(a.both(prompts, soft).out, b.both(prompts, soft).out) < 1e-13);
}

TEST_CASE("GGUF source: a separate output matrix is found, and read if requested") {
    const Folder folder;
    Model m = model_of(coco::llm::random_source(config(), 5), "llama");
    m.tensors["output.weight"] = {{31, 16}, std::vector<float>(31 * 16, 0.5f)};
    coco::llm::Source source = coco::llm::open(m.write(folder / "model.gguf"));
    CHECK_FALSE(source.config.tied);
    for (const bool claimed : {false, true}) {
        source.config.output_head = claimed;
        Bench<coco::conformance::PolicyUnderTest<float>, coco::adapter::Frozen> bench(source);
        coco::Context<coco::conformance::PolicyUnderTest<float>> ctx =
            bench.parameters.context(bench.on, bench.work);
        const auto rows = coco::conformance::uploaded(bench.on, bench.work, Numbers(16, 1.0), {1, 16});
        if (claimed)
            CHECK(coco::conformance::downloaded<coco::conformance::PolicyUnderTest<float>>(
                      bench.on, bench.decoder.logits(
                                    ctx, coco::CRows<coco::conformance::PolicyUnderTest<float>>(rows))) ==
                  Numbers(31, 8.0));
        else
            CHECK_THROWS_AS(
                bench.decoder.logits(ctx, coco::CRows<coco::conformance::PolicyUnderTest<float>>(rows)),
                coco::Error);
    }
}

TEST_CASE("GGUF source: unsupported models are errors that name the property") {
    const Folder folder;
    const Model good = model_of(coco::llm::random_source(config(), 5), "llama");
    const auto error = [&](const auto& spoil) {
        Model m = good;
        spoil(m);
        const auto path = m.write(folder / "model.gguf");
        return error_of([&] {
            coco::ParameterLayout layout;
            const coco::llm::Source source = coco::llm::open(path);
            const coco::llm::Decoder<> decoder(layout, source);
            coco::conformance::PolicyUnderTest<float> on =
                coco::conformance::policy<coco::conformance::PolicyUnderTest<float>>(1);
            const coco::Parameters<coco::conformance::PolicyUnderTest<float>> parameters(on, layout, 1);
        });
    };
    CHECK(error([](Model&) {}).empty());
    CHECK_THAT(error([](Model& m) { m.architecture = "gpt2"; }),
               Contains("general.architecture: unknown architecture") && Contains("gpt2"));
    CHECK_THAT(error([](Model& m) { m.numbers.erase("block_count"); }),
               Contains("llama.block_count: no such key"));
    CHECK_THAT(error([](Model& m) { m.numbers["block_count"] = 0; }), Contains("llm.layers: too small"));
    CHECK_THAT(error([](Model& m) { m.numbers["block_count"] = 3; }),
               Contains("blk.2.attn_norm.weight: no such tensor"));
    CHECK_THAT(error([](Model& m) { m.numbers["attention.head_count"] = 0; }),
               Contains("head_count: too small"));
    CHECK_THAT(error([](Model& m) { m.numbers["attention.head_count_kv"] = 3; }),
               Contains("kv_heads: does not divide"));
    CHECK_THAT(error([](Model& m) { m.numbers["attention.value_length"] = 8; }),
               Contains("value_length: not supported"));
    CHECK_THAT(error([](Model& m) { m.numbers["rope.dimension_count"] = 4; }),
               Contains("dimension_count: not supported"));
    CHECK_THAT(error([](Model& m) { m.words["rope.scaling.type"] = "yarn"; }),
               Contains("rope.scaling.type: not supported"));
    CHECK_THAT(error([](Model& m) { m.numbers["expert_count"] = 8; }),
               Contains("expert_count: not supported"));
    CHECK_THAT(error([](Model& m) {
                   m.tensors["blk.0.attn_q.bias"] = {{1, 24}, std::vector<float>(24)};
               }),
               Contains("blk.0.attn_q.bias: not supported"));
    CHECK_THAT(error([](Model& m) {
                   m.tensors["blk.1.ffn_up.weight"] = {{19, 16}, std::vector<float>(19 * 16)};
               }),
               Contains("blk.1.ffn_up.weight: wrong shape"));
    CHECK_THAT(error([](Model& m) {
                   m.tensors["blk.1.ffn_up.weight"].second[7] = std::numeric_limits<float>::quiet_NaN();
               }),
               Contains("blk.1.ffn_up.weight: value is not finite"));
}
