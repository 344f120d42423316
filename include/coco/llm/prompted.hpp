// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a language model reads in a pass: for each group its soft prompts, then its text; before all of them
/// one instruction that is common to all and whose rows are computed once.
#pragma once

#include <span>

#include <coco/core/types.hpp>
#include <coco/store/ragged.hpp>
#include <coco/store/view.hpp>

namespace coco::llm {

/// One pass's input. A group may lack soft rows, text, or both.
template <class P>
struct Prompted {
    CRows<P> soft;        ///< soft prompts of all groups, rows x width
    Segments<P> soft_of;  ///< a stretch of `soft` for each group; no segments at all: none has any
    Ids<P> token;         ///< texts of all groups, ids below the vocabulary's size
    Segments<P> text_of;  ///< a stretch of `token` for each group; no segments at all: none has any
    Ids<P> instruction;   ///< tokens before every group; may be empty
    std::span<const Id>
        group;  ///< host: a number a group that keys its dropout; empty: its place in the batch

    Index groups() const { return soft_of.count() > text_of.count() ? soft_of.count() : text_of.count(); }
    Index soft_length(Index g) const { return soft_of.count() ? soft_of.length(g) : 0; }
    Index text_length(Index g) const { return text_of.count() ? text_of.length(g) : 0; }
};

}  // namespace coco::llm
