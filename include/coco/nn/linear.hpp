// SPDX-License-Identifier: Apache-2.0
/// \file
/// y = x W' + b.
#pragma once

#include <string_view>

#include <coco/nn/elementwise.hpp>
#include <coco/nn/stage.hpp>

namespace coco::nn {

/// Whether a linear map has a bias.
enum class Bias : bool { no, yes };

/// A linear map, rows x in -> rows x out. W is out x in, as PyTorch keeps it; b is 1 x out.
class Linear {
public:
    template <class P>
    using Kept = Passed<P>;

    Linear() = default;
    /// \param init  of W; the bias starts at zero
    Linear(Layout& layout, std::string_view name, Index in, Index out, Init init, Bias bias = Bias::yes,
           Decay decay = Decay::yes)
        : has_bias_(bias == Bias::yes) {
        const Layout::Scope scope(layout, name);
        weight_ = layout.claim("weight", out, in, init, decay);
        if (has_bias_) bias_ = layout.claim("bias", 1, out, Init::zeros());
    }

    Index in() const { return weight_.cols; }
    Index out() const { return weight_.rows; }
    const Slot& weight() const { return weight_; }
    const Slot& bias() const { return bias_; }

    template <class P>
    Kept<P> forward(Run<P>& run, CRows<P> x) const {
        const Rows<P> y = run.work.keep(x.rows, out());
        run.on.multiply(x, Op::plain, run.value(weight_), Op::transposed, y);
        if (has_bias_ && x.rows > 0)
            run.on.rows(y.rows, 2 * y.cols,
                        AddRow<typename P::Scalar>{run.value(bias_).data, y.data, y.stride, y.cols});
        return {x, y};
    }

    /// dW += dy' x, db += sum of dy's rows, dx = dy W.
    template <class P>
    void backward(Run<P>& run, const Kept<P>& kept, CRows<P> dy, Rows<P> dx) const {
        if (dy.rows == 0) return;
        if (const Rows<P> dw = run.gradient(weight_); !dw.empty())
            run.on.multiply(dy, Op::transposed, kept.x, Op::plain, dw, 1, 1);
        if (const Rows<P> db = has_bias_ ? run.gradient(bias_) : Rows<P>{}; !db.empty())
            run.on.reduce(dy.rows, db, Element<typename P::Scalar>{dy.data, dy.stride});
        if (!dx.empty()) run.on.multiply(dy, Op::plain, run.value(weight_), Op::plain, dx);
    }

private:
    Slot weight_, bias_;
    bool has_bias_ = true;
};

}  // namespace coco::nn
