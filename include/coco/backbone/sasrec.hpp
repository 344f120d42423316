// SPDX-License-Identifier: Apache-2.0
/// \file
/// SASRec (Kang and McAuley, ICDM 2018) as RecBole and S3-Rec build it: learned positions, a norm and
/// dropout on the sum, post-norm causal layers. Item vectors are neither scaled nor owned here.
#pragma once

#include <coco/backbone/concept.hpp>
#include <coco/core/role.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/encoder.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::backbone {

/// h_t depends on items 1..t of its segment alone.
class SASRec {
public:
    using Role = role::Backbone;
    static constexpr nn::Sees sees = nn::Sees::earlier;

    struct Config {
        nn::EncoderConfig encoder;
        Index window = 50;  ///< longest history, in items

        Index width() const { return encoder.width; }
    };

    template <class P>
    struct Kept {
        typename nn::Norm::Kept<P> start;
        typename nn::Dropout::Kept<P> dropped;
        typename nn::Encoder::Kept<P> encoder;
        CRows<P> h;  ///< rows x width: what is multiplied with item vectors
    };

    SASRec(Layout& layout, const Config& config) {
        require(config.window > 0, "sasrec.window", "out of range", "at least 1", text_of(config.window));
        const Layout::Scope scope(layout, "sasrec");
        position_ =
            layout.claim("position", config.window, config.width(), Init::normal(config.encoder.init));
        start_ = nn::Norm(layout, "norm", config.width(), config.encoder.epsilon);
        dropout_ = nn::Dropout(layout, config.encoder.dropout);
        encoder_ = nn::Encoder(layout, config.encoder, sees);
    }

    /// \param x  rows x width: the vectors of the sequence's items
    template <class P>
    Kept<P> forward(Run<P>& run, const Sequence<P>& sequence, CRows<P> x) const {
        Kept<P> kept;
        const Rows<P> sum = run.work.keep(x.rows, x.cols);
        nn::copy<P>(run.on, x, sum);
        nn::gather<P>(run.on, run.value(position_), sequence.position, sum, Write::add);
        kept.start = start_.forward(run, CRows<P>(sum));
        kept.dropped = dropout_.forward(run, CRows<P>(kept.start.out), sequence.row_key);
        kept.encoder = encoder_.forward(run, sequence.segments, sequence.row_key, kept.dropped.out);
        kept.h = kept.encoder.out;
        return kept;
    }

    template <class P>
    void backward(Run<P>& run, const Sequence<P>& sequence, const Kept<P>& kept, CRows<P> dh,
                  Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(run.work);
        const Rows<P> inner = run.work.scratch(dh.rows, dh.cols), outer = run.work.scratch(dh.rows, dh.cols);
        encoder_.backward(run, kept.encoder, dh, inner);
        dropout_.backward(run, kept.dropped, CRows<P>(inner), outer);
        const Rows<P> dposition = run.gradient(position_);
        // Positions have the gradient of the items they are added to, wanted or not.
        const Rows<P> dsum = dx.empty() && !dposition.empty() ? inner : dx;
        start_.backward(run, kept.start, CRows<P>(outer), dsum);
        if (!dposition.empty()) nn::scatter<P>(run.on, CRows<P>(dsum), sequence.by_position, dposition);
    }

private:
    Slot position_;
    nn::Norm start_;
    nn::Dropout dropout_;
    nn::Encoder encoder_;
};

}  // namespace coco::backbone

static_assert(coco::Backbone<coco::backbone::SASRec>);
