// SPDX-License-Identifier: Apache-2.0
/// \file
/// A language model with LoRA's change merged into its weights, W' = W + scale B A, or removed again. A
/// merged model is served without an adapter.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <coco/adapter/lora.hpp>
#include <coco/llm/source.hpp>
#include <coco/nn/parameters.hpp>

namespace coco::llm {

/// The change of one tensor: B is rows x rank, A rank x cols.
struct LowRankChange {
    std::vector<float> a, b;
    Index rank = 0;
    double scale = 1;

    /// w += scale B A, where w holds consecutive rows from `first` on; row by row, sums in double.
    void add_to(std::span<float> w, Index first, Index cols) const {
        std::vector<double> sum(static_cast<std::size_t>(cols));
        for (Index i = first; (i - first) * cols < static_cast<Index>(w.size()); ++i) {
            sum.assign(sum.size(), 0);
            for (Index r = 0; r < rank; ++r) {
                const double factor = scale * static_cast<double>(b[static_cast<std::size_t>(i * rank + r)]);
                const float* const row = a.data() + r * cols;
                for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += factor * static_cast<double>(row[j]);
            }
            float* const to = w.data() + (i - first) * cols;
            for (std::size_t j = 0; j < sum.size(); ++j)
                to[j] = static_cast<float>(static_cast<double>(to[j]) + sum[j]);
        }
    }
};

namespace detail {

template <class P>
Source changed(const Source& base, const adapter::LoRA& lora, P& on, const Parameters<P>& parameters,
               double sign) {
    constexpr std::string_view names[] = {"attn_q",   "attn_k", "attn_v",  "attn_output",
                                          "ffn_gate", "ffn_up", "ffn_down"};
    const auto floats = [&](const TensorRef& ref) {
        const auto values = values_of(on, parameters, ref);
        return std::vector<float>(values.begin(), values.end());
    };
    auto changes = std::make_shared<std::map<std::string, LowRankChange, std::less<>>>();
    for (const adapter::Projection p : adapter::projections)
        for (Index l = 0; lora.changes(p) && l < base.config.used(); ++l) {
            const nn::LowRank& c = lora.change(l, p);
            (*changes)[layer_tensor(l, names[static_cast<std::size_t>(p)])] = {floats(c.a()), floats(c.b()),
                                                                               c.a().rows, sign * c.scale()};
        }
    Source with = base;
    with.read = [base, changes](std::string_view name, Index rows, Index cols, Index first,
                                std::span<float> out) {
        base.read(name, rows, cols, first, out);
        if (const auto found = changes->find(name); found != changes->end())
            found->second.add_to(out, first, cols);
    };
    with.type = [base, changes](std::string_view name) {
        return changes->count(name) > 0 ? GgmlType::F32 : type_of(base, name);
    };
    with.bytes = [base, changes, read = with.read](std::string_view name, Index rows, Index cols, Index first,
                                                   std::span<std::byte> out) {
        if (changes->count(name) > 0)
            write_stored({base.config, read}, name, rows, cols, first, out);
        else
            write_stored(base, name, rows, cols, first, out);
    };
    return with;
}

}  // namespace detail

/// The model with an adapter's change in its weights. Changed tensors are float for any type in the file; all
/// others keep their stored type.
/// \param parameters  of the layout that `lora` claimed its tensors from; read in this call only
template <class P>
Source merged(const Source& base, const adapter::LoRA& lora, P& on, const Parameters<P>& parameters) {
    return detail::changed(base, lora, on, parameters, 1);
}

/// The model without the change that was merged into it: the original one up to rounding.
template <class P>
Source unmerged(const Source& with, const adapter::LoRA& lora, P& on, const Parameters<P>& parameters) {
    return detail::changed(with, lora, on, parameters, -1);
}

}  // namespace coco::llm
