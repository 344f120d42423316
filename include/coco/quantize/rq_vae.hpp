// SPDX-License-Identifier: Apache-2.0
/// \file
/// RQ-VAE (Rajput et al., NeurIPS 2023, section 3.1): an encoder makes a short vector of an item's text
/// vector, levels of codebooks quantise it, a decoder restores the text vector from the sum of the codes.
///
///     L = |x - x'|^2 + sum_l |sg(r_l) - e_l|^2 + beta |r_l - sg(e_l)|^2, mean over a batch's items
#pragma once

#include <vector>

#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/mlp.hpp>
#include <coco/quantize/residual_quantizer.hpp>

namespace coco::quantize {

/// d_ij = a_ij - b_ij.
template <class T>
struct SubtractRows {
    const T* a;
    Index a_stride;
    const T* b;
    Index b_stride;
    T* d;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T *const p = a + i * a_stride, *const q = b + i * b_stride;
        T* const to = d + i * cols;
        row.each(cols, [=](Index j) { to[j] = p[j] - q[j]; });
    }
};

/// Encoder, codebooks and decoder; the decoder's layers are the encoder's in reverse.
class RqVae {
public:
    struct Config {
        Index width = 32;                          ///< of the codes
        std::vector<Index> hidden{512, 256, 128};  ///< layers of the encoder between the two, with ReLU
        std::vector<Index> codes{256, 256, 256};   ///< K of each level
        double commitment = 0.25;                  ///< beta

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("width", c.width, at_least(1)), setting("hidden", c.hidden, at_least(1)),
                         setting("codes", c.codes, at_least(1)),
                         setting("commitment", c.commitment, between(0, 100)));
        }
    };

    /// Terms of the loss, in the policy's memory.
    enum Term : Index { reconstruction, quantization, terms };

    /// \param columns  of the vectors that it reads
    [[gnu::cold, gnu::noinline]] RqVae(ParameterLayout& layout, const Config& config, Index columns)
        : config_(config) {
        check_settings(config, "rq_vae");
        const ParameterLayout::Scope scope(layout, "rq_vae");
        std::vector<Index> sizes{columns};
        sizes.insert(sizes.end(), config.hidden.begin(), config.hidden.end());
        sizes.push_back(config.width);
        encoder_ = nn::Mlp(layout, "encoder", sizes);
        quantizer_ = ResidualQuantizer(layout, config.width, config.codes, config.commitment);
        decoder_ = nn::Mlp(layout, "decoder", std::vector<Index>(sizes.rbegin(), sizes.rend()));
    }

    const Config& config() const { return config_; }
    Index columns() const { return decoder_.out(); }
    const ResidualQuantizer& quantizer() const { return quantizer_; }

    /// z, rows x width. \param x  rows x columns
    template <class P>
    Rows<P> encode(Context<P>& ctx, CRows<P> x) const {
        return encoder_.forward(ctx, x).out;
    }
    /// x', rows x columns. \param sums  of codes, rows x width
    template <class P>
    Rows<P> decode(Context<P>& ctx, CRows<P> sums) const {
        return decoder_.forward(ctx, sums).out;
    }

    /// losses[reconstruction] and losses[quantization] += those of a batch; gradients of all tensors +=.
    /// \return  the codes that the rows chose
    template <class P>
    ResidualQuantizer::Saved<P> step(Context<P>& ctx, CRows<P> x, typename P::Scalar* losses) const {
        using T = typename P::Scalar;
        const auto encoded = encoder_.forward(ctx, x);
        const auto quantized = quantizer_.forward(ctx, CRows<P>(encoded.out));
        const auto decoded = decoder_.forward(ctx, CRows<P>(quantized.out));
        if (x.rows == 0) return quantized;
        quantizer_.penalty(ctx, quantized, losses + quantization);

        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> error = ctx.work.scratch(x.rows, x.cols),
                      dsum = ctx.work.scratch(x.rows, config_.width),
                      dz = ctx.work.scratch(x.rows, config_.width);
        const T share = T(1) / static_cast<T>(x.rows);
        ctx.on.for_each_row(
            x.rows, 3 * x.cols,
            SubtractRows<T>{decoded.out.data, decoded.out.stride, x.data, x.stride, error.data, x.cols});
        ctx.on.reduce(x.rows, Rows<P>{losses + reconstruction, 1, 1},
                      SquaresTerm<T>{error.data, error.stride, error.cols, share});
        const Rows<P> dout = decoded.out;  // nothing reads the output again
        nn::copy<P>(ctx.on, CRows<P>(error), dout, Write::set, 2 * share);
        decoder_.backward(ctx, decoded, CRows<P>(dout), dsum);
        quantizer_.backward(ctx, quantized, CRows<P>(dsum), dz);
        encoder_.backward(ctx, encoded, CRows<P>(dz), Rows<P>{});
        return quantized;
    }

private:
    Config config_;
    nn::Mlp encoder_, decoder_;
    ResidualQuantizer quantizer_;
};

}  // namespace coco::quantize
