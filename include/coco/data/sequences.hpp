// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reader of the simplest format: `sequences.txt` ("user item item ...", in time order, one user per line)
/// beside `items.tsv` ("key title brand categories", tab-separated, no header line).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/data/dataset.hpp>
#include <coco/data/fields.hpp>
#include <coco/data/lines.hpp>

namespace coco::data {

/// Reads a folder. Identifiers follow the order of `items.tsv`, then of first appearance in `sequences.txt`.
/// Items that appear only in `sequences.txt` (all items where there is no `items.tsv`) have no text. A user
/// without items is kept.
/// \throws Error naming file and line
template <LineSource Source = PlainFile>
Dataset read_sequences(const std::filesystem::path& folder) {
    Dataset data;
    std::string line;
    std::vector<std::string> fields;
    if (std::filesystem::exists(folder / "items.tsv")) {
        Lines<Source> lines(folder / "items.tsv");
        while (lines.next(line)) {
            split_plain(line, '\t', fields);
            require_fields(fields, 4, lines.where());
            data.catalogue.add(fields[0], {fields[1], fields[2], fields[3], "", ""}, lines.where());
        }
    }
    Lines<Source> lines(folder / "sequences.txt");
    std::vector<Id> items;
    while (lines.next(line)) {
        while (!line.empty() && line.back() == ' ') line.pop_back();
        split_plain(line, ' ', fields);
        items.clear();
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (fields[i].empty()) throw Error(lines.where(), "empty key", "user item item ...");
            if (i > 0) items.push_back(data.catalogue.find_or_add(fields[i]));
        }
        if (data.users.find(fields[0]) != no_id)
            throw Error(lines.where(), "user given twice", {}, fields[0]);
        data.users.add(fields[0]);
        data.interactions.add(items);
    }
    if (data.interactions.size() == 0) throw Error(lines.name(), "no interactions: empty file");
    return data;
}

}  // namespace coco::data
