// SPDX-License-Identifier: Apache-2.0
/// \file
/// The rows of an item table that a step touches, and numbers of those rows packed one after the other: where
/// a loss gives gradients to few items, a step then costs what its batch costs, and not what the catalogue
/// does.
#pragma once

#include <algorithm>
#include <span>

#include <coco/core/error.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/store/block.hpp>
#include <coco/store/parameter_layout.hpp>

namespace coco {

/// Rows of one table, in the policy's memory.
template <class P>
class TouchedRows {
public:
    using Scalar = typename P::Scalar;
    using Space = typename P::Space;
    /// What is packed.
    enum What : int { values, gradients, first, second, kinds };

    /// \throws Error where the layout has not one table
    [[gnu::cold]] explicit TouchedRows(const ParameterLayout& layout) {
        Index tables = 0;
        for (const Tensor& t : layout.tensors())
            if (t.ref.block == ParameterBlock::table) {
                table_ = t.ref;
                ++tables;
            }
        require(tables == 1, "touched rows", "are of one item table", "1 tensor in the block of tables",
                text_of(tables));
    }

    /// \param ids  distinct. Memory grows with the largest list, half as much again each time
    void set(P& on, std::span<const Id> ids) {
        count_ = static_cast<Index>(ids.size());
        if (count_ > id_.size()) {
            const Index room = std::min(table_.rows, count_ + count_ / 2);
            id_ = Block<Id, P>(on, room);
            for (Block<Scalar, P>& block : packed_) block = Block<Scalar, P>(on, room * table_.cols);
        }
        on.upload(ids.data(), id_.list().from(0, count_));
    }

    /// Packs the rows of a block of tables, touched x width; the list is valid until the next `set`.
    List<Scalar, Space> pack(P& on, What what, const Block<Scalar, P>& from) {
        nn::gather<P>(on, {from.data() + table_.at, table_.rows, table_.cols}, ids(), rows(what));
        return list(what);
    }
    /// What was packed, row-major.
    List<Scalar, Space> list(What what) { return packed_[what].list().from(0, count_ * table_.cols); }
    /// Writes the packed rows back.
    void unpack(P& on, What what, Block<Scalar, P>& to) {
        nn::assign_rows<P>(on, CRows<P>(rows(what)), ids(),
                           {to.data() + table_.at, table_.rows, table_.cols});
    }
    /// Sets the rows of a block of tables to 0, and what is packed of that kind.
    void clear(P& on, What what, Block<Scalar, P>& of) {
        on.fill(list(what), Scalar(0));
        unpack(on, what, of);
    }

private:
    Ids<P> ids() const { return id_.list().from(0, count_); }
    Rows<P> rows(What what) { return {packed_[what].data(), count_, table_.cols}; }

    TensorRef table_;
    Index count_ = 0;
    Block<Id, P> id_;
    Block<Scalar, P> packed_[kinds];
};

}  // namespace coco
