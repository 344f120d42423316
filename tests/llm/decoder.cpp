// SPDX-License-Identifier: Apache-2.0
// Properties of the decoder, in double: gradients against difference quotients, and independence between
// groups.
#include <catch2/catch.hpp>

#include "conformance/policy_under_test.hpp"
#include "llm/support.hpp"

using namespace support;
using coco::conformance::dot;
using coco::conformance::length;
using coco::conformance::normals;
using Double = coco::conformance::PolicyUnderTest<double>;

namespace {

coco::llm::Source source(coco::llm::Config config = small_config()) {
    return coco::llm::random_source(config, 5);
}

/// Rows of some groups of a packed matrix.
Numbers rows_of(const Prompts& p, const Numbers& x, Index width, const std::vector<std::uint8_t>& open,
                bool soft_only) {
    Numbers out;
    std::size_t at = 0;
    for (std::size_t g = 0; g < p.soft.size(); ++g) {
        const auto n = static_cast<std::size_t>(width) *
                       (static_cast<std::size_t>(p.soft[g]) + (soft_only ? 0 : p.text[g].size()));
        if (open[g])
            out.insert(out.end(), x.begin() + static_cast<std::ptrdiff_t>(at),
                       x.begin() + static_cast<std::ptrdiff_t>(at + n));
        at += n;
    }
    return out;
}

Prompts only(const Prompts& p, const std::vector<std::uint8_t>& open) {
    Prompts some{p.instruction, {}, {}, {}};
    for (std::size_t g = 0; g < open.size(); ++g)
        if (open[g]) {
            some.soft.push_back(p.soft[g]);
            some.text.push_back(p.text[g]);
            some.group.push_back(static_cast<Id>(g));
        }
    return some;
}

template <class Adapter>
void gradients_agree(const coco::llm::Config& config, const typename Adapter::Config& settings,
                     bool soft_last = false) {
    Bench<Double, Adapter> bench(source(config), settings);
    Prompts prompts = ragged();
    prompts.soft_last = soft_last;
    const Numbers soft = normals(prompts.soft_rows() * config.width, 3),
                  dout = normals(prompts.rows() * config.width, 4);
    const Outcome o = bench.both(prompts, soft, dout);
    CHECK(length(o.dsoft) > 0);
    coco::conformance::gradient_agrees("soft prompts", soft, o.dsoft, [&](const Numbers& x) {
        return dot(bench.both(prompts, x).out, dout);
    });
    std::size_t at = 0;
    for (const coco::Tensor& t : bench.layout.tensors()) {
        if (t.ref.block != coco::ParameterBlock::dense) continue;
        const auto size = static_cast<std::size_t>(t.ref.size());
        const Numbers g(o.dadapter.begin() + static_cast<std::ptrdiff_t>(at),
                        o.dadapter.begin() + static_cast<std::ptrdiff_t>(at + size));
        at += size;
        CHECK(length(g) > 0);
        const Numbers before = coco::conformance::downloaded<Double>(bench.on, bench.parameters.view(t.ref));
        coco::conformance::gradient_agrees(t.name, before, g, [&](const Numbers& x) {
            bench.set(t.ref, x);
            return dot(bench.both(prompts, soft).out, dout);
        });
        bench.set(t.ref, before);
    }
}

}  // namespace

TEST_CASE("decoder: gradients of soft prompts and LoRA equal difference quotients") {
    coco::llm::Config config = small_config();
    coco::adapter::LoRA::Config settings{.rank = 3, .alpha = 6, .dropout = 0.3};
    SECTION("Llama, rotation of halves") {}
    SECTION("rotation of adjacent pairs") { config.rope = coco::nn::RopeKind::adjacent; }
    SECTION("a norm on each head") { config.head_norm = true; }
    SECTION("layers run again") { config.keep_bytes = 0; }
    SECTION("the first layer only") { config.depth = 1; }
    SECTION("LoRA on every map of a layer") {
        settings.targets.assign(coco::adapter::projections.begin(), coco::adapter::projections.end());
        SECTION("layers kept") {}
        SECTION("layers run again") { config.keep_bytes = 0; }
        SECTION("with a norm on each head") { config.head_norm = true; }
    }
    gradients_agree<coco::adapter::LoRA>(config, settings);
}

TEST_CASE("decoder: gradients of soft prompts through a frozen model") {
    gradients_agree<coco::adapter::Frozen>(small_config(), {});
}

TEST_CASE("decoder: soft prompts behind the text read it, and the text does not see them") {
    gradients_agree<coco::adapter::LoRA>(small_config(), {.rank = 3, .alpha = 6}, true);
    Bench<Double> bench(source());
    Prompts prompts{{3, 1, 4}, {2}, {{1, 5, 9, 2}}, {}, true};
    const auto width = static_cast<std::size_t>(bench.decoder.width());
    const Numbers one = bench.both(prompts, normals(2 * 16, 3)).out,
                  other = bench.both(prompts, normals(2 * 16, 4)).out;
    const auto text = static_cast<std::ptrdiff_t>(4 * width);
    CHECK(Numbers(one.begin(), one.begin() + text) == Numbers(other.begin(), other.begin() + text));
    // The embeddings of two tokens, given as soft rows, are read as these tokens.
    coco::Workspace<Double> work(bench.on);
    coco::Context<Double> ctx = bench.parameters.context(bench.on, work);
    const coco::Rows<Double> rows = work.keep(2, bench.decoder.width());
    bench.decoder.embed(ctx, coco::conformance::ids(bench.on, work, std::vector<Id>{6, 5}), rows);
    const Numbers soft = coco::conformance::downloaded<Double>(bench.on, rows);
    CHECK(relative(bench.both(prompts, soft).out,
                   bench.both({{3, 1, 4}, {0}, {{1, 5, 9, 2, 6, 5}}, {}}, {}).out) < 1e-13);
}

TEST_CASE("decoder: saved and recomputed layers are bit-identical") {
    coco::llm::Config again = small_config();
    again.keep_bytes = 0;
    const Prompts prompts = ragged();
    const Numbers soft = normals(prompts.soft_rows() * 16, 3), dout = normals(prompts.rows() * 16, 4);
    const std::vector<std::uint8_t> all{1, 1, 1, 1, 1}, some{0, 1, 1, 1, 0};
    Bench<Double> keeps(source()), runs(source(again));
    CHECK(keeps.both(prompts, soft, dout, all) == runs.both(prompts, soft, dout, all));
    const Outcome one = keeps.both(prompts, soft, dout, some), other = runs.both(prompts, soft, dout, some);
    CHECK(relative(one.dsoft, other.dsoft) < 1e-13);
    CHECK(relative(one.dadapter, other.dadapter) < 1e-13);
}

TEST_CASE("decoder: with closed groups the gradient is that of the open ones") {
    for (const double bytes : {1e9, 0.0})
        for (const bool instructed : {true, false}) {
            coco::llm::Config config = small_config();
            config.keep_bytes = bytes;
            Bench<Double> bench(source(config));
            Prompts prompts = ragged();
            if (!instructed) prompts.instruction.clear();
            const std::vector<std::uint8_t> open{1, 0, 1, 0, 0};
            const Numbers soft = normals(prompts.soft_rows() * 16, 3);
            Numbers dout = normals(prompts.rows() * 16, 4);
            const Outcome o = bench.both(prompts, soft, dout, open);
            const Outcome alone = bench.both(only(prompts, open), rows_of(prompts, soft, 16, open, true),
                                             rows_of(prompts, dout, 16, open, false));
            CHECK(relative(rows_of(prompts, o.dsoft, 16, open, true), alone.dsoft) < 1e-13);
            CHECK(relative(o.dadapter, alone.dadapter) < 1e-13);
            const std::vector<std::uint8_t> closed{0, 1, 0, 1, 1};
            CHECK(length(rows_of(prompts, o.dsoft, 16, closed, true)) == 0);
        }
}

TEST_CASE("decoder: with no group open only soft prompts' gradients are written, as zeros") {
    Bench<Double> bench(source());
    const Prompts prompts = ragged();
    const Outcome o = bench.both(prompts, normals(prompts.soft_rows() * 16, 3),
                                 normals(prompts.rows() * 16, 4), {0, 0, 0, 1, 0});  // the fourth has no rows
    CHECK(length(o.dsoft) == 0);
    CHECK(length(o.dadapter) == 0);
}

TEST_CASE(
    "decoder: an instruction processed once equals the same instruction in front of every group's text") {
    coco::adapter::LoRA::Config still;
    still.dropout = 0;
    Bench<Double> bench(source(), still);
    Prompts shared = ragged();
    shared.soft.assign(5, 0);
    Prompts own = shared;
    own.instruction.clear();
    for (auto& t : own.text) t.insert(t.begin(), shared.instruction.begin(), shared.instruction.end());
    const Numbers dout = normals(shared.rows() * 16, 4);
    Numbers own_dout, own_out;
    const Outcome a = bench.both(shared, {}, dout);
    std::size_t at = 0;
    for (const auto& t : shared.text) {
        own_dout.insert(own_dout.end(), 3 * 16, 0.0);
        const auto n = 16 * t.size();
        own_dout.insert(own_dout.end(), dout.begin() + static_cast<std::ptrdiff_t>(at),
                        dout.begin() + static_cast<std::ptrdiff_t>(at + n));
        at += n;
    }
    const Outcome b = bench.both(own, {}, own_dout);
    CHECK(relative(a.dadapter, b.dadapter) < 1e-12);
    at = 0;
    for (const auto& t : shared.text) {
        const auto n = 16 * t.size();
        at += 3 * 16;
        own_out.insert(own_out.end(), b.out.begin() + static_cast<std::ptrdiff_t>(at),
                       b.out.begin() + static_cast<std::ptrdiff_t>(at + n));
        at += n;
    }
    CHECK(relative(a.out, own_out) < 1e-12);
}

TEST_CASE("decoder: packing order changes nothing, dropout included") {
    Bench<Double> bench(source());
    const Prompts prompts = ragged();
    const Numbers soft = normals(prompts.soft_rows() * 16, 3);
    const Outcome all = bench.both(prompts, soft);
    for (std::size_t g = 0; g < prompts.soft.size(); ++g) {
        std::vector<std::uint8_t> open(prompts.soft.size(), 0);
        open[g] = 1;
        const Numbers here = rows_of(prompts, all.out, 16, open, false);
        if (here.empty()) continue;
        CHECK(relative(here, bench.both(only(prompts, open), rows_of(prompts, soft, 16, open, true)).out) <
              1e-13);
    }
}

TEST_CASE("decoder: a zero adapter is bit-identical to the base model, and one thread to three threads") {
    const Prompts prompts = ragged();
    const Numbers soft = normals(prompts.soft_rows() * 16, 3), dout = normals(prompts.rows() * 16, 4);
    Bench<coco::conformance::PolicyUnderTest<float>> zero(source(), {}, false);
    Bench<coco::conformance::PolicyUnderTest<float>, coco::adapter::Frozen> frozen(source());
    CHECK(zero.both(prompts, soft).out == frozen.both(prompts, soft).out);
    Bench<coco::conformance::PolicyUnderTest<float>> one(source(), {}, true, 1), three(source(), {}, true, 3);
    CHECK(one.both(prompts, soft, dout) == three.both(prompts, soft, dout));
}

TEST_CASE("decoder: forward without gradients gives the same rows, and backward after it is an error") {
    Bench<Double> bench(source(), {.rank = 8, .alpha = 16, .dropout = 0});
    const Prompts prompts = ragged();
    const Numbers soft = normals(prompts.soft_rows() * 16, 3);
    const Numbers out = bench.both(prompts, soft).out;
    bench.work.reset();
    coco::Context<Double> ctx = bench.parameters.context(bench.on, bench.work);
    const auto saved =
        bench.decoder.forward(ctx, bench.adapter, uploaded(bench.on, bench.work, prompts, soft, 16));
    CHECK(coco::conformance::downloaded<Double>(bench.on, saved.out) == out);
    const std::vector<std::uint8_t> open(5, 1);
    CHECK_THROWS_AS(bench.decoder.backward(ctx, bench.adapter, saved, saved.out, {}, open), coco::Error);
    CHECK_THROWS_AS(
        bench.decoder.backward(ctx, bench.adapter, saved, saved.out, {}, std::span(open).first(4)),
        coco::Error);
}

TEST_CASE("decoder: an empty batch, only an instruction, only texts") {
    Bench<Double> bench(source());
    CHECK(bench.both({}, {}).out.empty());
    CHECK(bench.both({{1, 2}, {}, {}, {}}, {}).out.empty());
    const Outcome none = bench.both({{1, 2}, {0, 0}, {{}, {}}, {}}, {}, {}, {1, 1});
    CHECK(none.out.empty());
    CHECK(length(none.dadapter) == 0);
    CHECK(bench.both({{}, {0, 0}, {{1, 2, 3}, {4}}, {}}, {}).out.size() == 4 * 16);
    CHECK_THROWS_AS(bench.both({{}, {1}, {{1}, {2}}, {}}, normals(16, 1)), coco::Error);
}

TEST_CASE("decoder: a step allocates nothing after the first") {
    Bench<Double> bench(source());
    const Prompts prompts = ragged();
    const Numbers soft = normals(prompts.soft_rows() * 16, 3), dout = normals(prompts.rows() * 16, 4);
    bench.both(prompts, soft, dout);
    bench.both(prompts, soft, dout);
    const std::size_t before = bench.work.total();
    bench.both(prompts, soft, dout, {1, 0, 0, 1, 1});
    bench.both(prompts, soft, dout);
    CHECK(bench.work.total() == before);
}
