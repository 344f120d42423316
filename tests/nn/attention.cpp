// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/attention.hpp>

#include "laws/here.hpp"
#include "laws/stage.hpp"

using namespace coco;
using nn::Sees;

namespace {

constexpr Index width = 6, heads = 2, head = width / heads;

template <Sees sees, int percent_dropped>
struct Case {
    static constexpr bool segmented = true;
    nn::SelfAttention stage;

    explicit Case(Layout& layout)
        : stage(layout, "attention", width, heads, sees, percent_dropped / 100.0, Init::normal(1)) {}
    static std::vector<laws::Shape> inputs(Index rows) { return {{rows, width}}; }
    template <class P>
    nn::SelfAttention::Kept<P> forward(Run<P>& run, const Sequence<P>& s, const laws::In<P>& x) const {
        return stage.forward(run, s.segments, s.row_key, x[0]);
    }
    template <class P>
    void backward(Run<P>& run, const Sequence<P>&, const nn::SelfAttention::Kept<P>& kept, CRows<P> dy,
                  const laws::Out<P>& dx) const {
        stage.backward(run, kept, dy, dx[0]);
    }
};

/// y = x W' + b by loops; W is out x in.
laws::Numbers mapped(const laws::Numbers& x, Index in, const laws::Numbers& w, const laws::Numbers& b) {
    const std::size_t n = x.size() / static_cast<std::size_t>(in), m = b.size(),
                      k = static_cast<std::size_t>(in);
    laws::Numbers y(n * m);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t o = 0; o < m; ++o) {
            y[i * m + o] = b[o];
            for (std::size_t c = 0; c < k; ++c) y[i * m + o] += x[i * k + c] * w[o * k + c];
        }
    return y;
}

}  // namespace

TEST_CASE("self-attention obeys the law of stages", "[attention]") {
    laws::stage<Case<Sees::earlier, 0>>();
    laws::stage<Case<Sees::earlier, 30>>();
    laws::stage<Case<Sees::all, 30>>();
}

TEMPLATE_TEST_CASE_SIG("self-attention is its formula, written out", "[attention]", ((Sees sees), sees),
                       Sees::earlier, Sees::all) {
    laws::Bench<laws::Here<double>, Case<sees, 0>> bench([](Layout& layout) { return Case<sees, 0>(layout); },
                                                         11, 1);
    const laws::Numbers out = bench.forward();
    const laws::Numbers qkv = mapped(bench.inputs[0], width, bench.values[0], bench.values[1]);
    const auto at = [&](Index row, Index part, Index column) {
        return qkv[static_cast<std::size_t>(row * 3 * width + part * width + column)];
    };
    laws::Numbers mixed(11 * width, 0.0);
    Index first = 0;
    for (const laws::History& person : bench.people) {
        const Index n = static_cast<Index>(person.item.size());
        for (Index i = 0; i < n; ++i)
            for (Index h = 0; h < heads; ++h) {
                const Index seen = sees == Sees::earlier ? i + 1 : n;
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
    CHECK(laws::distance(out, mapped(mixed, width, bench.values[2], bench.values[3])) < 1e-12);
}
