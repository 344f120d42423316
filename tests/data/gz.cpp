// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/gz.hpp>

#include "scratch_folder.hpp"

using namespace coco::data;

namespace {

std::filesystem::path compressed(const ScratchFolder& folder, const std::string& text) {
    const auto path = folder.path() / "a.gz";
    gzFile file = gzopen(path.string().c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return path;
}

std::vector<std::string> all(const std::filesystem::path& path) {
    Lines<GzFile> lines(path);
    std::vector<std::string> out;
    for (std::string line; lines.next(line);) out.push_back(line);
    return out;
}

}  // namespace

TEST_CASE("compressed and plain files give the same lines", "[data][gz]") {
    const ScratchFolder folder;
    const std::string text = "one\n\n" + std::string(10000, 'x') + "\r\nlast";
    const std::vector<std::string> expected{"one", "", std::string(10000, 'x'), "last"};
    CHECK(all(compressed(folder, text)) == expected);
    CHECK(all(folder.write("a.txt", text)) == expected);
    CHECK(all(folder.write("empty", "")).empty());
    CHECK_THROWS_AS(all(folder.path() / "none"), coco::Error);
}

TEST_CASE("a truncated compressed file is an error, not an early end", "[data][gz]") {
    const ScratchFolder folder;
    std::string text;
    for (int i = 0; i < 100000; ++i) text += std::to_string(i * 7919) + "\n";
    const auto path = compressed(folder, text);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    CHECK_THROWS_WITH(all(path), Catch::Contains("cut short"));
}

TEST_CASE("compressed lines hold any bytes, and have any length", "[data][gz]") {
    const ScratchFolder folder;
    const std::string odd("a\0b\xff\x1a\rc", 7);
    const std::string text = odd + "\n" + std::string(300000, 'y') + "\r\n\0\n" + std::string(65536, 'z') +
                             "\n\n" + std::string(1, '\0');
    CHECK(all(compressed(folder, text)) == all(folder.write("a.txt", text)));
    CHECK(all(compressed(folder, text)).at(0) == odd);
    CHECK(all(compressed(folder, text)).back() == std::string(1, '\0'));
}
