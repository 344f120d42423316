// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/store/parameter_layout.hpp>

using namespace coco;

TEST_CASE("tensors are consecutive and aligned, separately in each block", "[layout]") {
    ParameterLayout layout;
    const TensorRef a = layout.claim("a", 3, 5, Init::ones()), b = layout.claim("b", 1, 16, Init::zeros());
    const TensorRef t = layout.claim("t", 7, 3, Init::normal(1), Decay::no, ParameterBlock::table);
    const TensorRef f = layout.given("f", 2, 2, [](std::span<float>) {});
    CHECK(a.at == 0);
    CHECK(b.at == 16);
    CHECK(t.at == 0);
    CHECK(f.block == ParameterBlock::frozen);
    CHECK(layout.size(ParameterBlock::dense) == 32);
    CHECK(layout.size(ParameterBlock::table) == 32);
    CHECK(layout.size(ParameterBlock::frozen) == 16);
    CHECK(layout.tensor("t").ref.size() == 21);
    CHECK_THROWS_WITH(layout.tensor("x"), "x: no such tensor");
}

TEST_CASE("groups are contiguous ranges of their block", "[layout]") {
    ParameterLayout layout;
    layout.group("behaviour");
    layout.claim("w", 4, 8, Init::zeros());
    layout.claim("item", 10, 2, Init::zeros(), Decay::no, ParameterBlock::table);
    layout.group("adapter");
    layout.claim("a", 1, 3, Init::zeros());
    layout.given("frozen", 1, 1, [](std::span<float>) {});
    REQUIRE(layout.groups().size() == 3);
    const ParameterGroup &behaviour = layout.groups()[0],
                         &adapter = layout.groups()[static_cast<std::size_t>(layout.group_index("adapter"))];
    CHECK(behaviour.begin == 0);
    CHECK(behaviour.end == 32);
    CHECK(adapter.begin == 32);
    CHECK(adapter.end == 48);
    CHECK(layout.groups()[1].name == "table");
    CHECK(layout.tensor("a").group == layout.group_index("adapter"));
    CHECK(layout.tensor("frozen").group == -1);
    CHECK_THROWS_WITH(layout.group_index("x"), "x: no such parameter group");
}

TEST_CASE("scopes prefix names while they live", "[layout]") {
    ParameterLayout layout;
    {
        const ParameterLayout::Scope outer(layout, "encoder");
        {
            const ParameterLayout::Scope inner(layout, "0");
            layout.claim("w", 1, 1, Init::zeros());
        }
        layout.claim("w", 1, 1, Init::zeros());
    }
    layout.claim("w", 1, 1, Init::zeros());
    CHECK(layout.tensors()[0].name == "encoder.0.w");
    CHECK(layout.tensors()[1].name == "encoder.w");
    CHECK(layout.tensors()[2].name == "w");
}

TEST_CASE("dropout sites are unique", "[layout]") {
    ParameterLayout layout;
    const auto first = layout.site();
    CHECK(layout.site() != first);
}

TEST_CASE("a name declared twice is an error: a checkpoint could not distinguish the tensors", "[layout]") {
    ParameterLayout layout;
    layout.claim("w", 1, 1, Init::zeros());
    CHECK_THROWS_AS(layout.claim("w", 1, 2, Init::zeros()), Error);
    CHECK_THROWS_AS(layout.given("w", 1, 2, [](std::span<float>) {}), Error);
}

TEST_CASE("given values: layers go on from a file, or are frozen", "[layout]") {
    std::vector<std::string> read;
    const ReadTensor values = [&](std::string_view name, Index rows, Index cols, std::span<float> out) {
        read.push_back(text_of(name, " ", rows, " x ", cols));
        std::fill(out.begin(), out.end(), 3.0f);
    };
    const auto claim_two = [](ParameterLayout& layout) {
        const ParameterLayout::Scope scope(layout, "layer");
        layout.claim("w", 2, 3, Init::zeros(), Decay::yes);
        layout.claim("b", 1, 3, Init::zeros());
    };
    ParameterLayout layout;
    layout.group("model");
    const ParameterLayout::Scope scope(layout, "encoder");
    {
        const ParameterLayout::GivenValues given(layout, values, Learns::yes);
        claim_two(layout);
    }
    layout.claim("after", 1, 1, Init::zeros());
    const Tensor& w = layout.tensor("encoder.layer.w");
    CHECK(w.ref.block == ParameterBlock::dense);
    CHECK(w.group == 0);
    CHECK(w.decay == Decay::yes);
    CHECK_FALSE(layout.tensor("encoder.after").fill);
    std::vector<float> out(6);
    w.fill(out);
    CHECK(out == std::vector<float>(6, 3.0f));
    CHECK(read == std::vector<std::string>{"layer.w 2 x 3"});

    ParameterLayout frozen;
    {
        const ParameterLayout::GivenValues given(frozen, values, Learns::no);
        claim_two(frozen);
    }
    CHECK(frozen.size(ParameterBlock::dense) == 0);
    CHECK(frozen.tensor("layer.b").ref.block == ParameterBlock::frozen);
    CHECK(frozen.tensor("layer.b").group == -1);
    frozen.tensor("layer.b").fill({out.data(), 3});
    CHECK(read.back() == "layer.b 1 x 3");
}
