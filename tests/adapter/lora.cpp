// SPDX-License-Identifier: Apache-2.0
// The tensors and settings of LoRA; its computation is tested in tests/llm/decoder.cpp and merged.cpp.
#include <catch2/catch.hpp>
#include <coco/adapter/concept.hpp>

#include "conformance/policy_under_test.hpp"
#include "llm/support.hpp"

using namespace support;
using coco::adapter::Frozen;
using coco::adapter::LoRA;
using Double = coco::conformance::PolicyUnderTest<double>;

static_assert(coco::Adapter<LoRA> && LoRA::learns);
static_assert(coco::Adapter<Frozen> && !Frozen::learns);

TEST_CASE("LoRA: settings out of range are errors") {
    coco::ParameterLayout layout;
    const coco::adapter::Sizes sizes{1, 4, 4, 2, 2, 6};
    CHECK_THROWS_AS(LoRA(layout, {.rank = 0}, sizes), coco::Error);
    CHECK_THROWS_AS(LoRA(layout, {.dropout = 1}, sizes), coco::Error);
    CHECK_THROWS_AS(LoRA(layout, {.targets = {}}, sizes), coco::Error);
}

TEST_CASE("LoRA: its tensors form one parameter group, with as many parameters as in the paper") {
    coco::llm::Config smollm2;
    smollm2.width = 576;
    smollm2.layers = 30;
    smollm2.heads = 9;
    smollm2.kv_heads = 3;
    smollm2.head = 64;
    coco::ParameterLayout layout;
    layout.claim("before", 3, 3, coco::Init::zeros());
    const LoRA adapter(layout, {}, smollm2.adapter_sizes());
    Index sum = 0;
    const int group = layout.group_index("adapter");
    for (const coco::Tensor& t : layout.tensors()) sum += t.group == group ? t.ref.size() : 0;
    CHECK(sum == 460800);  // of q and v at rank 8, counted by hand: 30 x 8 x (576 + 576 + 576 + 192)
    for (const coco::Tensor& t : layout.tensors()) CHECK(t.decay == coco::Decay::no);
}

TEST_CASE("LoRA: on every linear map of a layer, with the sizes of each") {
    using coco::adapter::Projection;
    coco::ParameterLayout layout;
    const LoRA adapter(
        layout,
        {.rank = 2, .targets = {coco::adapter::projections.begin(), coco::adapter::projections.end()}},
        {1, 5, 12, 6, 4, 7});
    const auto is = [&](Projection p, Index in, Index out) {
        const coco::nn::LowRank& change = adapter.change(0, p);
        return adapter.changes(p) && change.a().cols == in && change.b().rows == out && change.a().rows == 2;
    };
    CHECK(is(Projection::query, 5, 12));
    CHECK(is(Projection::key, 5, 6));
    CHECK(is(Projection::value, 5, 4));
    CHECK(is(Projection::output, 12, 5));
    CHECK(is(Projection::gate, 5, 7));
    CHECK(is(Projection::up, 5, 7));
    CHECK(is(Projection::down, 7, 5));
    coco::ParameterLayout other;
    CHECK_FALSE(LoRA(other, {}, {1, 5, 12, 6, 4, 7}).changes(Projection::key));
}
