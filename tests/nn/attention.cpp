// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/attention.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using nn::AttentionMask;

namespace {

constexpr Index width = 6, heads = 2, head = width / heads;

template <AttentionMask attention_mask, int percent_dropped>
struct Case {
    static constexpr bool segmented = true;
    nn::SelfAttention stage;

    explicit Case(ParameterLayout& layout)
        : stage(layout, "attention", width, heads, attention_mask, percent_dropped / 100.0, Init::normal(1)) {
    }
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, width}}; }
    template <class P>
    nn::SelfAttention::Saved<P> forward(Context<P>& ctx, const Sequence<P>& s,
                                        const conformance::In<P>& x) const {
        return stage.forward(ctx, s.segments, s.row_key, x[0]);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const nn::SelfAttention::Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        stage.backward(ctx, saved, dy, dx[0]);
    }
};

/// y = x W' + b by loops; W is out x in.
conformance::Numbers mapped(const conformance::Numbers& x, Index in, const conformance::Numbers& w,
                            const conformance::Numbers& b) {
    const std::size_t n = x.size() / static_cast<std::size_t>(in), m = b.size(),
                      k = static_cast<std::size_t>(in);
    conformance::Numbers y(n * m);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t o = 0; o < m; ++o) {
            y[i * m + o] = b[o];
            for (std::size_t c = 0; c < k; ++c) y[i * m + o] += x[i * k + c] * w[o * k + c];
        }
    return y;
}

}  // namespace

TEST_CASE("self-attention passes the conformance test of a layer", "[attention]") {
    conformance::layer<Case<AttentionMask::causal, 0>>();
    conformance::layer<Case<AttentionMask::causal, 30>>();
    conformance::layer<Case<AttentionMask::bidirectional, 30>>();
}

TEMPLATE_TEST_CASE_SIG("self-attention equals its formula", "[attention]",
                       ((AttentionMask attention_mask), attention_mask), AttentionMask::causal,
                       AttentionMask::bidirectional) {
    conformance::Bench<conformance::PolicyUnderTest<double>, Case<attention_mask, 0>> bench(
        [](ParameterLayout& layout) { return Case<attention_mask, 0>(layout); }, 11, 1);
    const conformance::Numbers out = bench.forward();
    const conformance::Numbers qkv = mapped(bench.inputs[0], width, bench.values[0], bench.values[1]);
    const auto at = [&](Index row, Index part, Index column) {
        return qkv[static_cast<std::size_t>(row * 3 * width + part * width + column)];
    };
    conformance::Numbers mixed(11 * width, 0.0);
    Index first = 0;
    for (const conformance::History& person : bench.people) {
        const Index n = static_cast<Index>(person.item.size());
        for (Index i = 0; i < n; ++i)
            for (Index h = 0; h < heads; ++h) {
                const Index seen = attention_mask == AttentionMask::causal ? i + 1 : n;
                std::vector<double> weight;
                double sum = 0;
                for (Index j = 0; j < seen; ++j) {
                    double score = 0;
                    for (Index c = 0; c < head; ++c)
                        score += at(first + i, 0, h * head + c) * at(first + j, 1, h * head + c);
                    weight.push_back(std::exp(score / std::sqrt(static_cast<double>(head))));
                    sum += weight.back();
                }
                for (Index j = 0; j < seen; ++j)
                    for (Index c = 0; c < head; ++c)
                        mixed[static_cast<std::size_t>((first + i) * width + h * head + c)] +=
                            weight[static_cast<std::size_t>(j)] / sum * at(first + j, 2, h * head + c);
            }
        first += n;
    }
    CHECK(conformance::distance(out, mapped(mixed, width, bench.values[2], bench.values[3])) < 1e-12);
}
