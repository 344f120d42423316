// SPDX-License-Identifier: Apache-2.0
/// \file
/// Keys and values of texts that are being generated, so that each new token costs one row instead of the
/// whole text.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/llm/config.hpp>
#include <coco/llm/packed.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/rope.hpp>
#include <coco/store/block.hpp>

namespace coco::llm {

/// Room for `sequences` texts of `room` tokens each. Memory: 2 x layers x sequences x room x kv_width
/// scalars.
template <class P>
class Cache {
public:
    using Scalar = typename P::Scalar;

    Cache(P& on, const Config& config, Index sequences, Index room)
        : rows_(sequences * room),
          room_(room),
          width_(config.kv_width()),
          length_(static_cast<std::size_t>(sequences), 0),
          rows_of_layers_(on, 2 * config.used() * rows_ * width_),
          table_(on, room * config.head) {
        config.check_length(room);
        nn::Rope(config.head, config.theta, config.rope, config.factors)
            .table(on, table_.view(room, config.head));
    }

    Index sequences() const { return static_cast<Index>(length_.size()); }
    /// Maximum number of tokens per text.
    Index room() const { return room_; }
    /// Number of tokens of text s.
    Index length(Index s) const { return length_[static_cast<std::size_t>(s)]; }
    /// Makes text s empty.
    void clear(Index s) { length_[static_cast<std::size_t>(s)] = 0; }

    /// Keys or values of a layer; text s begins at row s * room.
    Rows<P> keys(Index layer) { return part(2 * layer); }
    Rows<P> values(Index layer) { return part(2 * layer + 1); }

    /// Assigns cache rows to new tokens: segment g of `added` continues text sequence[g].
    /// \throws Error if a text outgrows its room or occurs twice in `sequence`
    Packed<P> append(Context<P>& ctx, const Segments<P>& added, std::span<const Id> sequence) {
        const std::span<Id> begin = ctx.work.numbers(added.count() + 1),
                            end = ctx.work.numbers(added.count()), position = ctx.work.numbers(added.rows()),
                            row = ctx.work.numbers(added.rows());
        Packed<P> packed;
        std::size_t at = 0;
        for (Index g = 0; g < added.count(); ++g) {
            const Id s = sequence[static_cast<std::size_t>(g)];
            require(std::find(sequence.begin(), sequence.begin() + g, s) == sequence.begin() + g, "cache",
                    "a text continued twice in one pass");
            Index& length = length_[static_cast<std::size_t>(s)];
            if (length + added.length(g) > room_)
                throw Error("cache", "text outgrows its room", text_of("at most ", room_, " tokens"),
                            text_of(length + added.length(g)));
            begin[static_cast<std::size_t>(g)] = static_cast<Id>(s * room_);
            for (Index i = 0; i < added.length(g); ++i, ++at, ++length) {
                position[at] = static_cast<Id>(length);
                row[at] = static_cast<Id>(s * room_ + length);
            }
            end[static_cast<std::size_t>(g)] = static_cast<Id>(s * room_ + length);
            packed.cached.keys.longest = std::max(packed.cached.keys.longest, length);
        }
        begin.back() = static_cast<Id>(rows_);
        packed.segments = packed.of_group = added;
        packed.position_host = packed.row_key_host = position;
        packed.position = packed.row_key = upload(ctx, packed.position_host);
        packed.table = table_.view(room_, table_.size() / std::max<Index>(1, room_));
        packed.positions = room_;
        packed.cached.keys.host = begin;
        packed.cached.keys.host_ends = end;
        packed.cached.keys.offsets = upload(ctx, std::span<const Id>(begin));
        packed.cached.keys.ends = upload(ctx, std::span<const Id>(end));
        packed.cached.row = upload(ctx, std::span<const Id>(row));
        packed.cached.home = this;
        return packed;
    }

private:
    Rows<P> part(Index index) {
        return rows_of_layers_.view(rows_of_layers_.size() / width_, width_).rows_from(index * rows_, rows_);
    }

    Index rows_, room_, width_;
    std::vector<Index> length_;
    Block<Scalar, P> rows_of_layers_;
    Block<Scalar, P> table_;  ///< rotary cosines and sines: room x head
};

}  // namespace coco::llm
