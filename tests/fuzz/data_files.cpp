// SPDX-License-Identifier: Apache-2.0
// Files of data: JSON and Python literals, HTML, tables of every form, Amazon's reviews and metadata,
// sequences.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <coco/data/open.hpp>

#include "fuzz.hpp"

namespace {

using namespace coco::data;

/// A folder that every input is written to anew; removed at the end of the process.
struct Folder {
    Folder() : path(std::filesystem::temp_directory_path() / ("coco_fuzz_" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(path);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path write(const char* name, std::string_view text) const {
        std::ofstream(path / name, std::ios::binary) << text;
        return path / name;
    }
    std::filesystem::path path;
};

void check(const Dataset& data) {
    const Interactions& all = data.interactions;
    promise(all.users() == data.users.size(), "a sequence for each user");
    promise(all.ratings().empty() || all.ratings().size() == all.items().size(), "a rating for each item");
    promise(all.times().empty() || all.times().size() == all.items().size(), "a time for each item");
    for (coco::Id item = 0; item < static_cast<coco::Id>(data.catalogue.size()); ++item)
        promise(coco::text::is_valid(data.catalogue.text(item)), "texts are UTF-8");
    for (const Note& note : data.notes)
        promise(note.text().find('\0') == std::string::npos, "notes are printable");
}

void literal(std::string_view input) {
    const std::string where = "input:1";
    Literal strict(input, where);
    strict.skip();
    strict.end();
    Literal lenient(input, where);
    lenient.pass_over();  // what is valid is also closed
    lenient.end();
}

}  // namespace

/// The first byte says what the others are; files are divided at the first byte 0x01.
void fuzz(std::string_view input) {
    static const Folder folder;
    if (input.empty()) return;
    const int kind = input[0] & 7;
    input.remove_prefix(1);
    const std::string_view first = input.substr(0, input.find('\1'));
    const std::string_view second = input.substr(std::min(first.size() + 1, input.size()));
    if (kind == 0) return literal(input);
    if (kind == 1) {
        const std::string plain = plain_text(input);
        promise(unescape_html(input).size() <= 4 * input.size() + 4, "decoding makes little longer");
        promise(plain.find("  ") == std::string::npos, "white space is collapsed");
    } else if (kind == 2 || kind == 3) {
        const auto rows = folder.write(kind == 2 ? "r.csv" : "r.tsv", first);
        check(read_table(rows, folder.write(kind == 2 ? "i.csv" : "i.tsv", second)));
    } else if (kind == 4) {
        folder.write("r.item", second);
        check(read_recbole(folder.write("r.inter", first)));
    } else if (kind == 5) {
        folder.write("items.tsv", second);
        folder.write("sequences.txt", first);
        check(read_sequences(folder.path));
    } else {
        check(read_amazon(folder.write("r.json", first), folder.write("m.json", second), 1));
    }
}
