// SPDX-License-Identifier: Apache-2.0
/// \file
/// Parameter and result types of the primitives of an execution policy. Generic code calls these few
/// primitives only and does not depend on the device.
#pragma once

#include <cstdint>
#include <span>

#include <coco/core/random.hpp>
#include <coco/core/types.hpp>
#include <coco/store/ragged.hpp>
#include <coco/store/view.hpp>

namespace coco {

/// Whether a factor of a product is used as stored or transposed.
enum class Op : bool { plain, transposed };

/// Whether a result overwrites the output or is added to it.
enum class Write : bool { set, add };

/// Arithmetic of a product with a stored matrix: in the policy's scalars, or, where the matrix holds bfloat16
/// and the policy supports it, with both factors in bfloat16 and sums in float (a policy may still use its
/// scalars where x has few rows).
enum class Precision : bool { full, bfloat16 };

/// Key of the random bits of one dropout: (seed, step, site, row key, column). The row key travels with its
/// row, so packing and compaction change no bit. One Philox call gives the bits of eight columns.
struct DropoutKey {
    std::uint64_t seed = 0;
    std::uint32_t step = 0, site = 0;

    /// Random bits of columns 8*eighth .. 8*eighth+7, sixteen per column, low half of a word first.
    COCO_HD Quad bits(Id row_key, Index eighth) const {
        return philox(seed,
                      (static_cast<std::uint64_t>(static_cast<std::uint32_t>(eighth)) << 32) |
                          static_cast<std::uint32_t>(row_key),
                      (static_cast<std::uint64_t>(step) << 32) | site);
    }
    /// Column `lane` of those eight is kept where its sixteen bits are at least `threshold`.
    COCO_HD static bool keeps(const Quad& bits, int lane, std::uint32_t threshold) {
        return ((bits.word[lane / 2] >> (16 * (lane % 2))) & 0xFFFFu) >= threshold;
    }
    /// Sixteen-bit threshold of a dropout rate in [0, 1).
    COCO_HD static std::uint32_t threshold(double rate) {
        return static_cast<std::uint32_t>(rate * 65536.0 + 0.5);  // NOLINT: a rate is never negative
    }
};

/// Scaled dot-product attention over ragged segments. Query segment s attends to key segment s, to the first
/// `prefix` rows of the key matrix (a shared instruction; segment 0 is then that prefix itself and attends
/// only to itself) and, where own rows are given, to a key row of its own.
template <class P>
struct Attention {
    using Scalar = typename P::Scalar;
    Segments<P> queries;  ///< of the rows of q
    Segments<P> keys;     ///< of the rows of k and v; as many segments as `queries`; segments may be empty
    Index heads = 1;      ///< of q; a head is q.cols / heads wide
    Index kv_heads = 1;   ///< of k and v; divides heads; query head h reads key head h / (heads/kv_heads)
    Scalar scale = 1;     ///< multiplies q.k before the softmax
    bool causal = false;  ///< query i of n attends to keys j <= m - n + i of its m keys (right-aligned)
    Index prefix = 0;     ///< leading rows of k, v that every segment but 0 attends to in full
    double dropout = 0;   ///< rate on the probabilities, in [0, 1); 0 when not training
    DropoutKey key;       ///< column = head * 4096 + key index within [prefix; segment; own]
    Ids<P> row_key;       ///< a query row's key for dropout; may be empty when dropout is 0
};

/// The matrices of an attention.
template <class P>
struct AttentionRows {
    CRows<P> q, k, v;
    CRows<P> own_k, own_v;  ///< q.rows x (kv_heads * head): the row's own key, or empty
};
/// Their gradients.
template <class P>
struct AttentionGradients {
    Rows<P> dq, dk, dv, down_k, down_v;
};

/// A softmax over columns for each row of h: cross-entropy over items, InfoNCE, a vocabulary.
template <class P>
struct Classes {
    using Scalar = typename P::Scalar;
    CRows<P> columns;                ///< C x d: one vector per class
    CRows<P> bias;                   ///< 1 x C, or empty
    Scalar inverse_temperature = 1;  ///< multiplies the logits
    Ids<P> positive;                 ///< one class per row, or -1: the row is ignored
    Segments<P> excluded_of;         ///< for each row a segment of `excluded`, or no segments at all
    Ids<P> excluded;                 ///< classes left out of the row's softmax, ascending, never its positive
};

/// The columns that a ranking leaves out.
template <class P>
struct ExcludedItems {
    Segments<P> of_row;   ///< for each row a segment of `item`, or no segments at all
    Ids<P> item;          ///< ascending within a row
    bool zeroed = false;  ///< their score counts as 0 (as S3-Rec evaluates) instead of -infinity
};

/// One AdamW step over a range (Loshchilov and Hutter, ICLR 2019): decay is decoupled and multiplied by the
/// learning rate.
struct AdamWStep {
    double rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0;
    std::int64_t step = 1;  ///< counts from 1, for the bias correction
};

/// A range that such a step updates, its gradient and moments.
template <class P>
struct AdamWRange {
    using Scalar = typename P::Scalar;
    using Space = typename P::Space;
    AdamWStep step;
    List<Scalar, Space> value;
    List<const Scalar, Space> gradient;
    List<Scalar, Space> first, second;
};

}  // namespace coco
