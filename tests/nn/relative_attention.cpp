// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/io/safetensors.hpp>
#include <coco/nn/cross_attention.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/relative_attention.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using nn::AttentionMask;

namespace {

/// Heads that do not share out the width; more keys than the bias has exact buckets.
constexpr nn::AttentionSizes sizes{.width = 6, .heads = 2, .head = 5};

template <class P>
struct BiasedSaved {
    nn::RelativeBias::Saved<P> bias;
    nn::RelativeAttention::Saved<P> attention;
    CRows<P> out;
};

template <AttentionMask attention_mask, int percent_dropped>
struct BiasedCase {
    static constexpr bool segmented = true;
    nn::RelativeBias bias;
    nn::RelativeAttention attention;

    explicit BiasedCase(ParameterLayout& layout)
        : bias(layout, "bias", sizes.heads, {8, 12, attention_mask}, Init::normal(1)),
          attention(layout, "attention", sizes, attention_mask, percent_dropped / 100.0, 1) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, sizes.width}}; }
    template <class P>
    BiasedSaved<P> forward(Context<P>& ctx, const Sequence<P>& s, const conformance::In<P>& x) const {
        BiasedSaved<P> saved{bias.forward(ctx, s.segments.longest), {}, {}};
        saved.attention =
            attention.forward(ctx, s.segments, s.row_key, CRows<P>(saved.bias.by_distance), x[0]);
        saved.out = saved.attention.out;
        return saved;
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const BiasedSaved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> by_distance = saved.bias.by_distance,
                      d = ctx.work.scratch(by_distance.rows, by_distance.cols);
        nn::fill(ctx.on, d, 0.0);
        attention.backward(ctx, saved.attention, dy, dx[0], d);
        bias.backward(ctx, saved.bias, CRows<P>(d));
    }
};

/// The memory has the segments of the rows.
template <int percent_dropped>
struct CrossCase {
    static constexpr bool segmented = true;
    nn::CrossAttention attention;

    explicit CrossCase(ParameterLayout& layout)
        : attention(layout, "cross", sizes, percent_dropped / 100.0, 1) {}
    static std::vector<conformance::Shape> inputs(Index rows) {
        return {{rows, sizes.width}, {rows, sizes.width}};
    }
    template <class P>
    nn::CrossAttention::Saved<P> forward(Context<P>& ctx, const Sequence<P>& s,
                                         const conformance::In<P>& x) const {
        return attention.forward(ctx, s.segments, s.row_key, attention.prepare(ctx, x[1]), s.segments, x[0]);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const nn::CrossAttention::Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        attention.backward(ctx, saved, dy, dx[0], dx[1]);
    }
};

}  // namespace

TEST_CASE("self-attention with a relative bias passes the conformance test of a layer",
          "[relative_attention]") {
    conformance::layer<BiasedCase<AttentionMask::bidirectional, 0>>();
    conformance::layer<BiasedCase<AttentionMask::bidirectional, 30>>();
    conformance::layer<BiasedCase<AttentionMask::causal, 30>>();
}

TEST_CASE("attention to a memory passes the conformance test of a layer", "[relative_attention]") {
    conformance::layer<CrossCase<0>>();
    conformance::layer<CrossCase<30>>();
}

TEST_CASE("distances fall into T5's buckets", "[relative_attention]") {
    const io::Safetensors file(COCO_TEST_DIR "/fixtures/t5_reference.safetensors");
    const auto both = file.get<std::int32_t>("bucket.both", {401}),
               earlier = file.get<std::int32_t>("bucket.earlier", {401});
    const nn::DistanceBuckets two_sided{32, 128, AttentionMask::bidirectional},
        one_sided{32, 128, AttentionMask::causal};
    for (Index distance = -200; distance <= 200; ++distance) {
        INFO("distance " << distance);
        CHECK(two_sided.of(distance) == both[static_cast<std::size_t>(distance + 200)]);
        CHECK(one_sided.of(distance) == earlier[static_cast<std::size_t>(distance + 200)]);
    }
}

TEST_CASE("rows that continue a segment equal those of the whole segment", "[relative_attention]") {
    using P = conformance::PolicyUnderTest<double>;
    ParameterLayout layout;
    const BiasedCase<AttentionMask::causal, 0> layer(layout);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 3);
    Context<P> ctx = parameters.context(on, work);
    const std::vector<Id> whole{0, 5, 8}, last{0, 1, 2}, end{5, 8}, row{4, 7}, rows{0, 1, 2, 3, 4, 5, 6, 7};
    const auto offsets = [&](const std::vector<Id>& at, Index longest) {
        return Segments<P>{at, conformance::ids(on, work, std::span<const Id>(at)), longest};
    };
    const Segments<P> segments = offsets(whole, 5);
    const Rows<P> x =
        conformance::uploaded(on, work, conformance::normals(8 * sizes.width, 5), {8, sizes.width});
    Sequence<P> sequence;
    sequence.segments = segments;
    sequence.row_key = conformance::ids(on, work, std::span<const Id>(rows));
    const auto saved = layer.forward(ctx, sequence, {CRows<P>(x)});
    const Rows<P> newest = work.keep(2, sizes.width), expected = work.keep(2, sizes.width);
    const Ids<P> rows_of_last = conformance::ids(on, work, std::span<const Id>(row));
    nn::gather<P>(on, CRows<P>(x), rows_of_last, newest);
    nn::gather<P>(on, CRows<P>(saved.attention.out), rows_of_last, expected);
    Segments<P> keys = segments;
    keys.host_ends = end;
    keys.ends = conformance::ids(on, work, std::span<const Id>(end));
    const Rows<P> found =
        layer.attention.extend(ctx, offsets(last, 1), keys, CRows<P>(saved.bias.by_distance),
                               CRows<P>(newest), CRows<P>(saved.attention.key_value.out));
    CHECK(conformance::distance(conformance::downloaded<P>(on, CRows<P>(found)),
                                conformance::downloaded<P>(on, CRows<P>(expected))) < 1e-14);
}
