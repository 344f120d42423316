// SPDX-License-Identifier: Apache-2.0
/// \file
/// Input of a language model in one pass: for each group its soft prompts and its text; before all groups
/// one shared instruction, whose rows are computed once.
#pragma once

#include <span>

#include <coco/core/types.hpp>
#include <coco/store/ragged.hpp>
#include <coco/store/view.hpp>

namespace coco::llm {

/// Input of one pass. A group may have no soft rows, no text, or neither.
template <class P>
struct Prompted {
    CRows<P> soft;           ///< soft prompts of all groups, rows x width
    Segments<P> soft_of;     ///< for each group a slice of `soft`; no segments at all: no group has soft rows
    Ids<P> token;            ///< texts of all groups; ids below the vocabulary size
    Segments<P> text_of;     ///< for each group a slice of `token`; no segments at all: no group has text
    Ids<P> instruction;      ///< tokens before every group; may be empty
    bool soft_last = false;  ///< soft prompts stand behind their text, and see it; else before it
    std::span<const Id>
        group;  ///< on the host, one number per group that keys its dropout; empty: its index in the batch

    Index groups() const { return soft_of.count() > text_of.count() ? soft_of.count() : text_of.count(); }
    Index soft_length(Index g) const { return soft_of.count() ? soft_of.length(g) : 0; }
    Index text_length(Index g) const { return text_of.count() ? text_of.length(g) : 0; }
};

}  // namespace coco::llm
