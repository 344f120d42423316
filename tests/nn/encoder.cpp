// SPDX-License-Identifier: Apache-2.0
// The encoder's results are compared with PyTorch's in tests/backbone/sasrec.cpp.
#include <catch2/catch.hpp>

#include <coco/nn/encoder.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using nn::AttentionMask;

namespace {

template <AttentionMask attention_mask>
struct Case {
    static constexpr bool segmented = true;
    nn::Encoder stage;

    explicit Case(ParameterLayout& layout) : stage(layout, config(), attention_mask) {}
    static nn::EncoderConfig config() {
        nn::EncoderConfig c;
        c.width = 6;
        c.layers = 3;
        c.heads = 2;
        c.hidden = 8;
        c.dropout = c.attention_dropout = 0.2;
        c.epsilon = 1e-5;
        return c;
    }
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 6}}; }
    template <class P>
    nn::Encoder::Saved<P> forward(Context<P>& ctx, const Sequence<P>& s, const conformance::In<P>& x) const {
        return stage.forward(ctx, s.segments, s.row_key, x[0]);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const nn::Encoder::Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        stage.backward(ctx, saved, dy, dx[0]);
    }
};

std::string fault(nn::EncoderConfig config) {
    ParameterLayout layout;
    try {
        const nn::Encoder encoder(layout, config, AttentionMask::causal);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("the encoder passes the conformance test of a layer", "[encoder]") {
    conformance::layer<Case<AttentionMask::causal>>();
    conformance::layer<Case<AttentionMask::bidirectional>>();
}

TEST_CASE("an encoder with invalid settings is an error", "[encoder]") {
    nn::EncoderConfig config;
    CHECK(fault(config).empty());
    config.heads = 5;
    CHECK(fault(config) == "encoder.heads: does not divide the width: expected a divisor of 64, found 5");
    config.heads = 2;
    config.dropout = 1;
    CHECK(fault(config) == "encoder.dropout: out of range: expected 0 <= rate < 1");
    config.dropout = 0;
    config.layers = 0;
    CHECK(fault(config) == "encoder: sizes: expected at least 1");
    config.layers = nn::max_layers + 1;
    CHECK(fault(config) == "encoder.layers: too many: expected at most 16, found 17");
}
