// SPDX-License-Identifier: Apache-2.0
/// \file
/// Opens a data set; the format is recognised by the files at a path.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/data/amazon.hpp>
#include <coco/data/dataset.hpp>
#include <coco/data/lines.hpp>
#include <coco/data/recbole.hpp>
#include <coco/data/sequences.hpp>
#include <coco/data/table.hpp>

namespace coco::data {

/// Reads the data set in folder `path`:
///  * `sequences.txt` (and `items.tsv`),
///  * `NAME.inter` (and `NAME.item`): RecBole's atomic files,
///  * `reviews_*.json` (and `meta_*.json`): Amazon 2014, reduced to its 5-core,
///  * `interactions.csv` or `.tsv` (and `items.csv` or `.tsv`), with the column names of `Columns`.
/// The latter two may end in ".gz"; `Source` must then be `GzFile` (coco/data/gz.hpp).
/// \throws Error where there is none of them, or several of one kind
template <LineSource Source = PlainFile>
Dataset open(const std::filesystem::path& path) {
    const std::string where = path.string();
    std::error_code failed;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path, failed)) files.push_back(entry.path());
    if (failed) throw Error(where, "cannot be opened", "a folder with a data set", failed.message());
    std::sort(files.begin(), files.end());
    const auto with = [&](const std::string& start, const std::vector<std::string>& ends) {
        std::filesystem::path found;
        for (const std::filesystem::path& file : files) {
            const std::string name = file.filename().string();
            if (!name.starts_with(start)) continue;
            if (std::none_of(ends.begin(), ends.end(), [&](const auto& end) { return name.ends_with(end); }))
                continue;
            if (!found.empty())
                throw Error(where, "more than one data set", "one file",
                            found.filename().string() + ", " + name);
            found = file;
        }
        return found;
    };
    if (std::filesystem::exists(path / "sequences.txt")) return read_sequences<Source>(path);
    if (const auto inter = with("", {".inter"}); !inter.empty()) return read_recbole<Source>(inter);
    if (const auto reviews = with("reviews_", {".json", ".json.gz"}); !reviews.empty())
        return read_amazon<Source>(reviews, with("meta_", {".json", ".json.gz"}));
    const std::vector<std::string> tables{".csv", ".tsv", ".csv.gz", ".tsv.gz"};
    if (const auto table = with("interactions.", tables); !table.empty())
        return read_table<Source>(table, with("items.", tables));
    throw Error(where, "no data set that is known",
                "sequences.txt, *.inter, reviews_*.json, interactions.csv or interactions.tsv");
}

}  // namespace coco::data
