// SPDX-License-Identifier: Apache-2.0
// Its results are compared with PyTorch's in tests/backbone/sasrec.cpp.
#include <catch2/catch.hpp>

#include <coco/nn/query_norm_layer.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using nn::AttentionMask;

namespace {

template <AttentionMask attention_mask>
struct Case {
    static constexpr bool segmented = true;
    nn::LayerStack<nn::QueryNormLayer> stack;

    explicit Case(ParameterLayout& layout) : stack(layout, config(), attention_mask) {}
    static nn::EncoderConfig config() {
        nn::EncoderConfig c;
        c.width = 6;
        c.layers = 2;
        c.heads = 2;
        c.hidden = 8;
        c.dropout = c.attention_dropout = 0.2;
        c.epsilon = 1e-5;
        return c;
    }
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 6}}; }
    template <class P>
    auto forward(Context<P>& ctx, const Sequence<P>& s, const conformance::In<P>& x) const {
        return stack.forward(ctx, s.segments, s.row_key, x[0]);
    }
    template <class P, class Saved>
    void backward(Context<P>& ctx, const Sequence<P>&, const Saved& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        stack.backward(ctx, saved, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("layers that normalise the query pass the conformance test of a layer", "[encoder]") {
    conformance::layer<Case<AttentionMask::causal>>();
    conformance::layer<Case<AttentionMask::bidirectional>>();
}
