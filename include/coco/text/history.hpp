// SPDX-License-Identifier: Apache-2.0
/// \file
/// The text about a user that the language model reads: the descriptions of the latest items, most recent
/// last, within a budget of tokens. The oldest items are dropped first; an item's text is never cut.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/settings.hpp>
#include <coco/core/types.hpp>
#include <coco/data/catalogue.hpp>

namespace coco::text {

/// The fixed parts of the text. Each part is encoded separately, so that a user's text is a concatenation of
/// cached tokens. Byte-level tokenizers split before a line end or a space anyway, so parts that begin with
/// one give the same tokens.
struct HistoryTemplate {
    std::string instruction =
        "You know the catalogue of a shop. From what a person took, tell what the person will take next.";
    std::string before = "\nTaken, the latest last:";
    std::string item = "\n- ";  ///< in front of each item's line
    std::string after = "\nNext:";
    std::string line = data::ItemLine::usual;  ///< pattern of an item's description, see `data::ItemLine`

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("instruction", c.instruction), setting("before", c.before),
                     setting("item", c.item), setting("after", c.after), setting("line", c.line));
    }
};

/// Limits on the part of a history that is used.
struct HistoryBudget {
    Index tokens = 128;  ///< maximum for template and items together, without the instruction
    Index items = 20;    ///< maximum number of items

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("tokens", c.tokens, at_least(1)), setting("items", c.items, at_least(0)));
    }
};

/// The item texts of a catalogue, encoded once, and the history texts built from them. Const after
/// construction, so re-entrant.
class History {
public:
    /// \param encode  callable, `std::string_view` to a range of token identifiers
    /// \throws Error where `words.line` is not a valid pattern of `data::ItemLine`
    template <class Encode>
    History(const data::Catalogue& catalogue, const HistoryTemplate& words, Encode&& encode) {
        const auto append = [&](std::vector<Id>& to, std::string_view text) {
            if (text.empty()) return;
            const auto tokens = encode(text);
            for (const auto token : tokens) to.push_back(static_cast<Id>(token));
        };
        const data::ItemLine line(words.line);
        append(instruction_, words.instruction);
        append(before_, words.before);
        append(after_, words.after);
        for (Id item = 0; item < static_cast<Id>(catalogue.size()); ++item) {
            const std::string text = line.of(catalogue[item]);
            if (!text.empty()) append(tokens_, words.item + text);
            offsets_.push_back(tokens_.size());
        }
    }

    /// Tokens in front of every user's text; a model computes their rows once.
    std::span<const Id> instruction() const { return instruction_; }

    /// Tokens of one item, including the template's text in front of it; none where the item has no text.
    std::span<const Id> of_item(Id item) const {
        const std::size_t i = static_cast<std::size_t>(item);
        return {tokens_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
    }

    /// Appends the text of `history` (the oldest first) to `out`; returns the number of tokens appended.
    ///
    /// Items are taken from the latest backwards until the next one does not fit. Items without text take no
    /// space. An item that would not fit even alone is skipped, so that one overlong title does not exclude
    /// all earlier items. If no item remains, the text is the template alone.
    /// \throws Error where the budget is too small for the template
    Index append(std::span<const Id> history, const HistoryBudget& budget, std::vector<Id>& out) const {
        const Index fixed = static_cast<Index>(before_.size() + after_.size());
        if (fixed > budget.tokens)
            throw Error("history text", "budget too small for the template",
                        text_of("at least ", fixed, " tokens"), text_of(budget.tokens));
        const Index whole = budget.tokens - fixed;
        Index left = whole, items = 0;
        std::size_t first = history.size();
        while (first > 0 && items < budget.items) {
            const Index length = static_cast<Index>(of_item(history[first - 1]).size());
            if (length > left && length <= whole) break;
            if (length > 0 && length <= whole) {
                left -= length;
                ++items;
            }
            --first;
        }
        const std::size_t begin = out.size();
        out.insert(out.end(), before_.begin(), before_.end());
        for (const Id item : history.subspan(first)) {
            const std::span<const Id> words = of_item(item);
            if (static_cast<Index>(words.size()) <= whole) out.insert(out.end(), words.begin(), words.end());
        }
        out.insert(out.end(), after_.begin(), after_.end());
        return static_cast<Index>(out.size() - begin);
    }

private:
    std::vector<Id> instruction_, before_, after_, tokens_;
    std::vector<std::size_t> offsets_{0};
};

}  // namespace coco::text
