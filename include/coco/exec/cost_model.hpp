// SPDX-License-Identifier: Apache-2.0
/// \file
/// A policy that computes nothing and counts operations, bytes, launches and memory of each call, for steps
/// that no available machine could hold. It runs real batches through the generic code, and the counts give a
/// roofline estimate.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/core/role.hpp>
#include <coco/exec/policy.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/store/stored.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// Totals over the calls of one kind.
struct CallCounts {
    Index calls = 0;
    Index launches = 0;     ///< kernel launches that `coco::Cuda` makes for them
    double operations = 0;  ///< a multiplication and an addition are two
    double bytes = 0;       ///< memory traffic if every operand is read and every result written once

    void operator+=(const CallCounts& other) {
        calls += other.calls;
        launches += other.launches;
        operations += other.operations;
        bytes += other.bytes;
    }
};

/// The policy. Memory is an address that must not be read. Downloaded numbers are 1 or 0; a training step
/// reads from them whether a target corrects the language model.
class CostModel {
public:
    using Role = role::ExecutionPolicy;
    using Scalar = float;
    using Space = space::Nowhere;
    using Out = View<float, Space>;
    using In = View<const float, Space>;

    /// Sizes by which `coco::Cuda` divides its work.
    static constexpr Index few_rows = 4, panel = Index{1} << 23, scores = Index{1} << 23,
                           ranges_per_launch = 24;

    /// \param prompts  codes that `prompt::select_codes` finds for every row, where there are as many
    /// \param open     share of ones among the downloaded numbers
    explicit CostModel(Index prompts = 6, double open = 1) : prompts_(prompts), open_(open) {}

    /// By primitive and shape, such as "attend 9 x 64".
    const std::map<std::string, CallCounts>& counted() const { return counted_; }
    CallCounts sum() const {
        CallCounts all;
        for (const auto& [name, one] : counted_) all += one;
        return all;
    }
    void forget() { counted_.clear(); }
    /// The maximum of bytes owned at any time.
    std::size_t max_owned() const { return max_owned_; }

    /// For `prompt::select_codes`.
    Index codes_per_row() const { return prompts_; }

    void* allocate(std::size_t bytes) {
        max_owned_ = std::max(max_owned_, owned_ += bytes);
        const std::uintptr_t at = next_;
        next_ += (bytes + 63) / 64 * 64;
        return reinterpret_cast<void*>(at);  // NOLINT: never dereferenced
    }
    void deallocate(void*, std::size_t bytes) noexcept { owned_ -= bytes; }

    template <class T>
    List<const T, Space> upload(std::span<const T> numbers, Workspace<CostModel>& work) {
        count("upload", 0, 0, bytes<T>(numbers.size()));
        return work.template keep_list<T>(static_cast<Index>(numbers.size()));
    }
    template <class T>
    void download(List<const T, Space> from, T* to) {
        count("download", 0, 0, bytes<T>(from.size));
        for (Index i = 0; i < from.size; ++i) {
            const double at = open_ * static_cast<double>(i);
            to[i] = static_cast<T>(std::floor(at + open_) > std::floor(at));
        }
    }
    template <class T>
    void upload(const T*, List<T, Space> to) {
        count("upload", 0, 0, bytes<T>(to.size));
    }
    void fill(List<float, Space> x, float) { count("fill", 1, 0, floats(x.size)); }

    void multiply(In a, Op op, In b, Op, Out out, float = 1, float beta = 0) {
        const Index inner = op == Op::plain ? a.cols : a.rows;
        count(text_of("multiply ", inner, " by ", out.cols), 1, 2 * product(out.size(), inner),
              floats(a.size() + b.size() + (beta == 0 ? 1 : 2) * out.size()));
    }
    void multiply_stored(In x, const Stored<Space>& w, Op op, Out out, Write write, Precision precision) {
        const bool narrow = w.type == GgmlType::BF16 && precision == Precision::bfloat16;
        const Index rows_per_panel = std::clamp<Index>(panel / std::max<Index>(w.cols, 1), 1, w.rows),
                    panels = (w.rows + rows_per_panel - 1) / rows_per_panel;
        const Index launches = out.rows <= few_rows && op == Op::transposed ? 1
                               : w.type == GgmlType::F32                    ? 1
                               : narrow                                     ? 2
                                                                            : 2 * panels;
        count(text_of("multiply_stored ", x.cols, " by ", out.cols, narrow ? " in bfloat16" : ""), launches,
              2 * product(out.size(), x.cols),
              floats(x.size() + (write == Write::set ? 1 : 2) * out.size()) +
                  static_cast<double>(w.rows * w.row_bytes()));
    }
    void gather_stored(const Stored<Space>& w, Ids<CostModel> id, Out out) {
        count("gather_stored", 1, 0, product(id.size, w.row_bytes()) + floats(out.size()));
    }

    /// Counts `width` elements per row, as given by the caller.
    template <class Kernel>
    void for_each_row(Index count_of, Index width, const Kernel&) {
        if (count_of > 0)
            count(text_of("rows of ", name_of<Kernel>()), 1, product(count_of, width),
                  floats(count_of * width));
    }
    template <class Kernel>
    void reduce(Index count_of, Out out, const Kernel&) {
        if (count_of <= 0 || out.cols <= 0) return;
        Index across = 1;
        while (across < out.cols && across < 32) across *= 2;
        count(text_of("reduce of ", name_of<Kernel>()), count_of > 16 * (256 / across) ? 2 : 1,
              product(count_of, out.cols), floats(count_of * out.cols));
    }

    void attend(const Attention<CostModel>& shape, const AttentionRows<CostModel>& in, Out out,
                Out statistics) {
        const auto& [q, k, v, own_k, own_v] = in;
        count(attention("attend", shape, q), 1,
              4 * pairs(shape, !own_k.empty()) * static_cast<double>(q.cols),
              floats(q.size() + k.size() + v.size() + own_k.size() + own_v.size() + out.size() +
                     statistics.size()));
    }
    /// Scores are recomputed in both passes: 14 operations per pair and column.
    void attend_backward(const Attention<CostModel>& shape, const AttentionRows<CostModel>& in, In out,
                         In statistics, In dout, const AttentionGradients<CostModel>& gradients) {
        const auto& [q, k, v, own_k, own_v] = in;
        const auto& [dq, dk, dv, down_k, down_v] = gradients;
        const bool keys = !dk.empty() || !dv.empty();
        const Index shares = shape.prefix > 0 && keys && shape.queries.count() > 1
                                 ? 1 + (dk.empty() ? 0 : 1) + (dv.empty() ? 0 : 1)
                                 : 0;
        count(attention("attend_backward", shape, q), 1 + (dq.empty() ? 0 : 1) + (keys ? 1 : 0) + shares,
              14 * pairs(shape, !own_k.empty()) * static_cast<double>(q.cols),
              floats(q.size() + k.size() + v.size() + own_k.size() + own_v.size() + out.size() +
                     statistics.size() + dout.size() + dq.size() + dk.size() + dv.size() + down_k.size() +
                     down_v.size()));
    }

    /// As the device computes up to 32,768 classes; above that every score is computed twice, which is not
    /// counted.
    void softmax_cross_entropy(In h, const Classes<CostModel>& classes, float, float*, Out dh, Out dcolumns,
                               Out dbias) {
        if (h.rows == 0) return;
        const Index all = classes.columns.rows, rows = std::max<Index>(1, scores / std::max<Index>(1, all)),
                    chunks = (h.rows + rows - 1) / rows;
        const Index products = 1 + (dh.empty() ? 0 : 1) + (dcolumns.empty() ? 0 : 1),
                    beside = 1 + (dcolumns.empty() ? 0 : 1) + (dbias.empty() ? 0 : 2);
        count(text_of("softmax_cross_entropy ", all, " by ", h.cols),
              chunks * (products + beside) + (dh.empty() ? 2 : 3),
              2 * static_cast<double>(products) * product(h.rows * h.cols, all),
              floats(h.size() + classes.columns.size() + dh.size() + 2 * dcolumns.size()));
    }

    void top_k(In h, In columns, In, const ExcludedItems<CostModel>&, Index, MutableIds<CostModel>, Out) {
        scored("top_k", h, columns);
    }
    void target_rank(In h, In columns, In, const ExcludedItems<CostModel>&, Ids<CostModel>, Out) {
        scored("target_rank", h, columns);
    }

    void squared_norm(std::span<const List<const float, Space>> lists, float*) {
        double size = 0;
        for (const auto& x : lists) size += static_cast<double>(x.size);
        if (size > 0) count("squared_norm", batches(lists.size()) + 1, 2 * size, 4 * size);
    }
    /// Reads value, gradient and both moments, writes all but the gradient.
    void adamw(std::span<const AdamWRange<CostModel>> ranges, const float*) {
        double size = 0;
        for (const auto& r : ranges) size += static_cast<double>(r.value.size);
        count("adamw", batches(ranges.size()), 15 * size, 7 * 4 * size);
    }

    void all_reduce(List<float, Space>) {}
    bool any(bool mine) { return mine; }

private:
    /// "DropoutRows" of coco::nn::DropoutRows<float>.
    template <class Kernel>
    static std::string_view name_of() {
        // One compiler prints "... [with Kernel = coco::nn::DropoutRows<float>; ...", another has "]" for
        // ";".
        std::string_view name = __PRETTY_FUNCTION__;
        name.remove_prefix(name.find("Kernel = ") + 9);
        name = name.substr(0, name.find_first_of("<;]"));
        return name.substr(name.rfind(':') + 1);
    }
    template <class T>
    static double bytes(std::integral auto count_of) {
        return static_cast<double>(count_of) * sizeof(T);
    }
    static double floats(Index count_of) { return bytes<float>(count_of); }
    static double product(Index a, Index b) { return static_cast<double>(a) * static_cast<double>(b); }
    static Index batches(std::size_t lists) {
        return (static_cast<Index>(lists) + ranges_per_launch - 1) / ranges_per_launch;
    }
    static std::string attention(const char* primitive, const Attention<CostModel>& shape, In q) {
        return text_of(primitive, " ", shape.heads, " x ", q.cols / shape.heads);
    }
    /// Number of (query, key) pairs where the query attends to the key.
    static double pairs(const Attention<CostModel>& shape, bool own) {
        double sum = 0;
        for (Index s = 0; s < shape.queries.count(); ++s) {
            const Index n = shape.queries.length(s), m = shape.keys.length(s);
            const Index more = (s > 0 ? shape.prefix : 0) + (own ? 1 : 0), seen = std::min(n, m);
            sum += product(n, more) +
                   (shape.causal ? product(seen, m - seen) + product(seen, seen + 1) / 2 : product(n, m));
        }
        return sum;
    }

    void scored(const char* primitive, In h, In columns) {
        count(text_of(primitive, " ", columns.rows, " by ", h.cols), 12, 2 * product(h.size(), columns.rows),
              floats(h.size() + columns.size()));
    }
    void count(const std::string& name, Index launches, double operations, double all_bytes) {
        counted_[name] += {1, launches, operations, all_bytes};
    }

    Index prompts_;
    double open_;
    std::map<std::string, CallCounts> counted_;
    std::size_t owned_ = 0, max_owned_ = 0;
    std::uintptr_t next_ = std::uintptr_t{1} << 40;
};

}  // namespace coco

static_assert(coco::ExecutionPolicy<coco::CostModel>);
