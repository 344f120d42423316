// SPDX-License-Identifier: Apache-2.0
/// \file
/// Opens a data set; the format is recognised by the files at a path.
#pragma once

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/data/amazon.hpp>
#include <coco/data/columns.hpp>
#include <coco/data/dataset.hpp>
#include <coco/data/lines.hpp>
#include <coco/data/recbole.hpp>
#include <coco/data/sequences.hpp>
#include <coco/data/table.hpp>

namespace coco::data {

/// The files of a folder whose names have a given start and one of several ends, with or without ".gz".
class FolderFiles {
public:
    /// \throws Error where the folder cannot be read
    explicit FolderFiles(const std::filesystem::path& folder) : where_(folder.string()) {
        std::error_code failed;
        for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
            files_.push_back(entry.path());
        if (failed) throw Error(where_, "cannot be opened", "a folder with a data set", failed.message());
        std::sort(files_.begin(), files_.end());
    }

    /// The only one; empty where there is none. Names that begin with `except` do not count.
    /// \throws Error where there are several
    std::filesystem::path one(std::string_view start, std::initializer_list<std::string_view> ends,
                              std::string_view except = {}) const {
        std::filesystem::path found;
        for (const std::filesystem::path& file : files_) {
            const std::string name = file.filename().string();
            std::string_view plain = name;
            if (plain.ends_with(".gz")) plain.remove_suffix(3);
            const bool fits =
                std::any_of(ends.begin(), ends.end(), [&](auto end) { return plain.ends_with(end); });
            if (!fits || !plain.starts_with(start) || (!except.empty() && plain.starts_with(except)))
                continue;
            if (!found.empty())
                throw Error(where_, "more than one data set", "one file",
                            found.filename().string() + ", " + name);
            found = file;
        }
        return found;
    }

private:
    std::string where_;
    std::vector<std::filesystem::path> files_;
};

/// Reads the data set in folder `path`:
///  * `sequences.txt` (and `items.tsv`),
///  * `NAME.inter` (and `NAME.item`): RecBole's atomic files,
///  * `reviews_*.json` (and `meta_*.json`): Amazon's reviews, reduced to their 5-core,
///  * `interactions.csv` or `.tsv` (and `items.csv` or `.tsv`),
///  * `NAME.json` or `NAME.jsonl` (and `meta_*`): Amazon's reviews as 2018 and 2023 name them.
/// All may end in ".gz"; `Source` must then be `GzFile` (coco/data/gz.hpp). `columns` names the columns of
/// tables and atomic files where they are not the usual ones (`read_table`, `read_recbole`). \throws Error
/// where there is none of them, or several of one kind
template <LineSource Source = PlainFile>
Dataset open(const std::filesystem::path& path, const Columns& columns = {}) {
    const FolderFiles files(path);
    const auto amazon = [&](const std::filesystem::path& reviews) {
        return read_amazon<Source>(reviews, files.one("meta_", {".json", ".jsonl"}));
    };
    if (std::filesystem::exists(plain_or_gz(path, "sequences.txt"))) return read_sequences<Source>(path);
    if (const auto inter = files.one("", {".inter"}); !inter.empty())
        return read_recbole<Source>(inter, columns);
    if (const auto reviews = files.one("reviews_", {".json", ".jsonl"}); !reviews.empty())
        return amazon(reviews);
    if (const auto table = files.one("interactions.", {".csv", ".tsv"}); !table.empty())
        return read_table<Source>(table, files.one("items.", {".csv", ".tsv"}), columns);
    if (const auto reviews = files.one("", {".json", ".jsonl"}, "meta_"); !reviews.empty())
        return amazon(reviews);
    throw Error(
        path.string(), "no data set that is known",
        "sequences.txt, *.inter, interactions.csv or .tsv, or Amazon's reviews (reviews_*.json, *.jsonl)");
}

}  // namespace coco::data
