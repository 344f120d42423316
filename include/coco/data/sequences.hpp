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

/// The file `name` in `folder`, or the compressed one `name`.gz; the former if there is neither.
inline std::filesystem::path plain_or_gz(const std::filesystem::path& folder, const std::string& name) {
    const bool packed =
        !std::filesystem::exists(folder / name) && std::filesystem::exists(folder / (name + ".gz"));
    return folder / (packed ? name + ".gz" : name);
}

/// Reads a folder; either file may end in ".gz". Identifiers follow the order of `items.tsv`, then of first
/// appearance in `sequences.txt`. Items that appear only in `sequences.txt` (all items where there is no
/// `items.tsv`) have no text. A user without items is kept. There are no ratings and times.
/// \throws Error naming file and line
template <LineSource Source = PlainFile>
Dataset read_sequences(const std::filesystem::path& folder) {
    Dataset data;
    std::string line;
    std::vector<std::string> fields;
    const std::filesystem::path described = plain_or_gz(folder, "items.tsv");
    if (std::filesystem::exists(described)) {
        Lines<Source> lines(described);
        while (lines.next(line)) {
            if (lines.skip_empty_end(line, "ragged line", "4 fields")) break;
            split_plain(line, '\t', fields);
            require_fields(fields, 4, lines.where());
            const auto text = [&](std::size_t at, const char* name) {
                return text_in(fields[at], lines.where(), name, data.notes);
            };
            data.catalogue.add(fields[0], {text(1, "title"), text(2, "brand"), text(3, "categories"), "", ""},
                               lines.where());
        }
    }
    const Index in_file = data.catalogue.size();
    Lines<Source> lines(plain_or_gz(folder, "sequences.txt"));
    std::vector<Id> items;
    while (lines.next(line)) {
        while (!line.empty() && line.back() == ' ') line.pop_back();
        if (lines.skip_empty_end(line, "empty key", "user item item ...")) break;
        split_plain(line, ' ', fields);
        items.clear();
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (fields[i].empty()) throw Error(lines.where(), "empty key", "user item item ...");
            if (i > 0) items.push_back(data.catalogue.find_or_add(fields[i]));
        }
        if (data.users.find(fields[0]) != no_id)
            throw Error(lines.where(), "user given twice", {}, in_quotes(fields[0]));
        data.users.add(fields[0]);
        data.interactions.add(items);
    }
    if (data.interactions.size() == 0) throw Error(lines.name(), "no interactions: empty file");
    compare_items(data, in_file, described.string());
    return data;
}

}  // namespace coco::data
