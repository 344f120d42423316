// SPDX-License-Identifier: Apache-2.0
/// \file
/// Addresses of all parameters. Layers claim their tensors once, at construction; the layout owns no memory.
/// Three blocks of scalars: `dense` (the model's own weights), `table` (one row per item: may be very large)
/// and `frozen` (given weights, never trained). The optimiser, the clipping, a checkpoint and a copy treat
/// each block as one vector. A fourth block holds the bytes of given matrices that stay as their file stores
/// them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/store/stored.hpp>

namespace coco {

/// The block that holds a tensor.
enum class ParameterBlock : std::uint8_t { dense, table, frozen };

/// Address and shape of a tensor: `at` counts elements from the start of its block.
struct TensorRef {
    ParameterBlock block = ParameterBlock::dense;
    Index at = 0, rows = 0, cols = 0;

    COCO_HD Index size() const { return rows * cols; }
};

/// Initial values of a tensor.
struct Init {
    enum class Kind : std::uint8_t { zeros, ones, normal, uniform } kind = Kind::zeros;
    double scale = 0;  ///< standard deviation, or half the width of the interval

    static Init zeros() { return {}; }
    static Init ones() { return {Kind::ones, 1}; }
    static Init normal(double deviation) { return {Kind::normal, deviation}; }
    static Init uniform(double bound) { return {Kind::uniform, bound}; }
    /// Normal with variance 2 / (in + out) (Glorot and Bengio, 2010).
    static Init xavier_normal(Index in, Index out) {
        return normal(std::sqrt(2 / static_cast<double>(in + out)));
    }
};

/// Whether weight decay applies to a tensor: weight matrices yes; norms, biases and tables no.
enum class Decay : bool { no, yes };

/// Whether a given tensor takes a number of the streams of initial values. Where it takes none, a model has
/// the initial values of the same model without it.
enum class TakesStream : bool { no, yes };

/// Whether given values are trained further.
enum class Learns : bool { no, yes };

/// Writes the given values of a tensor, row-major, by its name and shape.
using ReadTensor = std::function<void(std::string_view name, Index rows, Index cols, std::span<float> out)>;

/// Whether a group that no training stage trains is a mistake.
enum class GroupUse : bool { is_trained, may_stay_untrained };

/// Range of parameters with one learning rate: [begin, end) of one block.
struct ParameterGroup {
    std::string name;
    ParameterBlock block = ParameterBlock::dense;
    Index begin = 0, end = 0;
    GroupUse use = GroupUse::is_trained;
};

/// A claimed tensor with all that was declared for it.
struct Tensor {
    std::string name;
    TensorRef ref;
    Init init;
    Decay decay = Decay::no;
    int group = -1;
    std::uint64_t stream = 0;                    ///< keys its initial values, beside the seed
    std::function<void(std::span<float>)> fill;  ///< given tensors: writes the values, row-major
};

/// A stored matrix with what was declared for it.
struct StoredTensor {
    std::string name;
    StoredTensorRef ref;
    std::function<void(std::span<std::byte>)> fill;  ///< writes the matrix's bytes
};

/// The layout of a model's parameters: names, addresses, initial values, groups.
class ParameterLayout {
public:
    /// Every tensor starts at a multiple of this many elements.
    static constexpr Index alignment = 16;

    /// Opens a group: tensors claimed from now on belong to it (groups are contiguous, so they are opened in
    /// order).
    [[gnu::cold, gnu::noinline]] int group(std::string name, ParameterBlock block = ParameterBlock::dense,
                                           GroupUse use = GroupUse::is_trained) {
        ParameterGroup g;
        g.name = std::move(name);
        g.block = block;
        g.use = use;
        g.begin = g.end = size(block);
        groups_.push_back(std::move(g));
        open_[static_cast<int>(block)] = static_cast<int>(groups_.size()) - 1;
        return open_[static_cast<int>(block)];
    }

    /// Claims a trained tensor in the open group of `block`; throws `Error` where the name is taken.
    [[gnu::cold, gnu::noinline]] TensorRef claim(std::string_view name, Index rows, Index cols, Init init,
                                                 Decay decay = Decay::no,
                                                 ParameterBlock block = ParameterBlock::dense) {
        const int h = static_cast<int>(block);
        std::function<void(std::span<float>)> fill = values_ ? values_->fill(name, rows, cols) : nullptr;
        if (values_ && values_->learns_ == Learns::no) return given(name, rows, cols, std::move(fill));
        Tensor t = named(name);
        t.fill = std::move(fill);
        if (open_[h] < 0) group(block == ParameterBlock::table ? "table" : "model", block);
        t.ref = place(block, rows, cols);
        t.init = init;
        t.stream = streams_++;
        t.decay = decay;
        t.group = open_[h];
        groups_[static_cast<std::size_t>(open_[h])].end = size(block);
        tensors_.push_back(t);
        return t.ref;
    }

    /// Claims a given tensor, rows x cols, that `fill` writes once when the parameters are made; throws
    /// `Error` where the name is taken.
    [[gnu::cold, gnu::noinline]] TensorRef given(std::string_view name, Index rows, Index cols,
                                                 std::function<void(std::span<float>)> fill,
                                                 TakesStream takes_stream = TakesStream::yes) {
        Tensor t = named(name);
        if (takes_stream == TakesStream::yes) ++streams_;
        t.ref = place(ParameterBlock::frozen, rows, cols);
        t.fill = std::move(fill);
        tensors_.push_back(t);
        return t.ref;
    }

    /// Claims a given matrix that stays as it is stored; `fill` writes its bytes once when the parameters are
    /// made. Throws `Error` where the name is taken or a row does not divide into blocks of the type.
    [[gnu::cold, gnu::noinline]] StoredTensorRef stored(std::string_view name, GgmlType type, Index rows,
                                                        Index cols,
                                                        std::function<void(std::span<std::byte>)> fill) {
        StoredTensor t{named(name).name, {type, stored_bytes_, rows, cols}, std::move(fill)};
        require(cols % layout_of(type)->values == 0, t.name, "row does not divide into blocks",
                text_of("a multiple of ", layout_of(type)->values), text_of(cols));
        stored_bytes_ += (t.ref.bytes() + 63) / 64 * 64;
        stored_.push_back(std::move(t));
        return stored_.back().ref;
    }

    /// A number that no other call on this layout returns; it keys the random bits of one site in the model.
    std::uint32_t site() { return sites_++; }

    /// Prefixes the names claimed while it lives: `ParameterLayout::Scope s{layout, "encoder.0"};`.
    class Scope {
    public:
        [[gnu::cold, gnu::noinline]] Scope(ParameterLayout& layout, std::string_view name)
            : layout_(layout), length_(layout.prefix_.size()) {
            layout.prefix_ += std::string(name) + ".";
        }
        ~Scope() { layout_.prefix_.resize(length_); }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        ParameterLayout& layout_;
        std::size_t length_;
    };

    /// Gives the tensors claimed while it lives values of another source, in place of random ones, by the
    /// name that they are claimed with, without what was prefixed before. Layers that are trained from
    /// scratch elsewhere then go on from a file, or, frozen, are given.
    class GivenValues {
    public:
        GivenValues(ParameterLayout& layout, ReadTensor read, Learns learns)
            : layout_(layout),
              outer_(std::exchange(layout.values_, this)),
              prefix_(layout.prefix_.size()),
              read_(std::move(read)),
              learns_(learns) {}
        ~GivenValues() { layout_.values_ = outer_; }
        GivenValues(const GivenValues&) = delete;
        GivenValues& operator=(const GivenValues&) = delete;

    private:
        friend class ParameterLayout;
        std::function<void(std::span<float>)> fill(std::string_view name, Index rows, Index cols) const {
            return [read = read_, full = layout_.prefix_.substr(prefix_).append(name), rows,
                    cols](std::span<float> out) { read(full, rows, cols, out); };
        }

        ParameterLayout& layout_;
        const GivenValues* outer_;
        std::size_t prefix_;
        ReadTensor read_;
        Learns learns_;
    };

    /// Elements of a block, gaps for alignment included.
    Index size(ParameterBlock block) const { return size_[static_cast<int>(block)]; }
    const std::vector<Tensor>& tensors() const { return tensors_; }
    /// Matrices that stay as stored, and the bytes they take, gaps for alignment included.
    const std::vector<StoredTensor>& stored_tensors() const { return stored_; }
    Index stored_bytes() const { return stored_bytes_; }
    const std::vector<ParameterGroup>& groups() const { return groups_; }

    /// The tensor of that name; throws `Error` where there is none.
    const Tensor& tensor(std::string_view name) const {
        for (const Tensor& t : tensors_)
            if (t.name == name) return t;
        throw Error(std::string(name), "no such tensor");
    }
    /// The group of that name, as an index; throws `Error` where there is none.
    int group_index(std::string_view name) const {
        for (std::size_t g = 0; g < groups_.size(); ++g)
            if (groups_[g].name == name) return static_cast<int>(g);
        throw Error(std::string(name), "no such parameter group");
    }

private:
    /// A checkpoint finds tensors by name, so names must be unique.
    [[gnu::cold, gnu::noinline]] Tensor named(std::string_view name) const {
        Tensor t;
        t.name = prefix_ + std::string(name);
        const auto taken = [&](const auto& other) { return other.name == t.name; };
        if (std::any_of(tensors_.begin(), tensors_.end(), taken) ||
            std::any_of(stored_.begin(), stored_.end(), taken))
            throw Error(t.name, "a tensor of that name has been claimed before");
        return t;
    }
    TensorRef place(ParameterBlock block, Index rows, Index cols) {
        Index& end = size_[static_cast<int>(block)];
        const TensorRef ref{block, end, rows, cols};
        end += (rows * cols + alignment - 1) / alignment * alignment;
        return ref;
    }

    std::string prefix_;
    const GivenValues* values_ = nullptr;
    std::vector<Tensor> tensors_;
    std::vector<StoredTensor> stored_;
    Index stored_bytes_ = 0;
    std::vector<ParameterGroup> groups_;
    Index size_[3] = {0, 0, 0};
    int open_[2] = {-1, -1};
    std::uint32_t sites_ = 0;
    std::uint64_t streams_ = 0;
};

}  // namespace coco
