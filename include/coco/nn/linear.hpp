// SPDX-License-Identifier: Apache-2.0
/// \file
/// y = x W' + b.
#pragma once

#include <string_view>

#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// Whether a linear map has a bias.
enum class Bias : bool { no, yes };

/// A linear map, rows x in -> rows x out. W is out x in, as in PyTorch; b is 1 x out.
class Linear {
public:
    /// Input and output, saved for backward.
    template <class P>
    struct Saved {
        CRows<P> x;   ///< rows x in
        Rows<P> out;  ///< rows x out
    };

    Linear() = default;
    /// \param init  of W; the bias starts at zero
    [[gnu::cold, gnu::noinline]] Linear(ParameterLayout& layout, std::string_view name, Index in, Index out,
                                        Init init, Bias bias = Bias::yes, Decay decay = Decay::yes)
        : has_bias_(bias == Bias::yes) {
        const ParameterLayout::Scope scope(layout, name);
        weight_ = layout.claim("weight", out, in, init, decay);
        if (has_bias_) bias_ = layout.claim("bias", 1, out, Init::zeros());
    }

    Index in() const { return weight_.cols; }
    Index out() const { return weight_.rows; }
    const TensorRef& weight() const { return weight_; }
    const TensorRef& bias() const { return bias_; }

    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x) const {
        const Rows<P> y = ctx.work.keep(x.rows, out());
        ctx.on.multiply(x, Op::plain, ctx.value(weight_), Op::transposed, y);
        if (has_bias_ && x.rows > 0)
            ctx.on.for_each_row(y.rows, 2 * y.cols,
                                AddRow<typename P::Scalar>{ctx.value(bias_).data, y.data, y.stride, y.cols});
        return {x, y};
    }

    /// dW += dy' x, db += sum of dy's rows, dx = dy W.
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        if (dy.rows == 0) return;
        if (const Rows<P> dw = ctx.gradient(weight_); !dw.empty())
            ctx.on.multiply(dy, Op::transposed, saved.x, Op::plain, dw, 1, 1);
        if (const Rows<P> db = has_bias_ ? ctx.gradient(bias_) : Rows<P>{}; !db.empty())
            ctx.on.reduce(dy.rows, db, Element<typename P::Scalar>{dy.data, dy.stride});
        if (!dx.empty()) ctx.on.multiply(dy, Op::plain, ctx.value(weight_), Op::plain, dx);
    }

private:
    TensorRef weight_, bias_;
    bool has_bias_ = true;
};

}  // namespace coco::nn
