// SPDX-License-Identifier: Apache-2.0
// What the encoder computes is held against PyTorch in tests/backbone/sasrec.cpp.
#include <catch2/catch.hpp>

#include <coco/nn/encoder.hpp>

#include "laws/here.hpp"
#include "laws/stage.hpp"

using namespace coco;
using nn::Sees;

namespace {

template <Sees sees>
struct Case {
    static constexpr bool segmented = true;
    nn::Encoder stage;

    explicit Case(Layout& layout) : stage(layout, config(), sees) {}
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
    static std::vector<laws::Shape> inputs(Index rows) { return {{rows, 6}}; }
    template <class P>
    nn::Encoder::Kept<P> forward(Run<P>& run, const Sequence<P>& s, const laws::In<P>& x) const {
        return stage.forward(run, s.segments, s.row_key, x[0]);
    }
    template <class P>
    void backward(Run<P>& run, const Sequence<P>&, const nn::Encoder::Kept<P>& kept, CRows<P> dy,
                  const laws::Out<P>& dx) const {
        stage.backward(run, kept, dy, dx[0]);
    }
};

std::string fault(nn::EncoderConfig config) {
    Layout layout;
    try {
        const nn::Encoder encoder(layout, config, Sees::earlier);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("the encoder obeys the law of stages", "[encoder]") {
    laws::stage<Case<Sees::earlier>>();
    laws::stage<Case<Sees::all>>();
}

TEST_CASE("an encoder refuses settings it cannot build", "[encoder]") {
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
    config.layers = nn::most_layers + 1;
    CHECK(fault(config) == "encoder.layers: too many: expected at most 16, found 17");
}
