// SPDX-License-Identifier: Apache-2.0
// The digest inside a safetensors file: each byte of the file counts, whatever texts the file has.
#include <catch2/catch.hpp>
#include <span>
#include <string>
#include <vector>

#include <coco/io/safetensors_writer.hpp>
#include <coco/io/seal.hpp>

#include "support.hpp"

using namespace coco;

TEST_CASE("seal: a file with a digest, and each of its bytes flipped") {
    const support::Folder folder;
    const std::vector<float> numbers{1, 2, 3};
    io::SafetensorsWriter writer;
    writer.seal();
    writer.add("a", io::Shape{3}, std::span<const float>(numbers));
    // Texts that look like the digest do not confuse it.
    writer.metadata("before", "\"digest\":\"xxh64:0000000000000000\"");
    writer.metadata("zero", io::unsealed);
    writer.write(folder / "sealed");
    const std::string whole = support::slurp(folder / "sealed");
    const io::Safetensors file(folder / "sealed");
    CHECK_NOTHROW(io::require_sealed(file));
    CHECK(file.metadata("digest") != io::unsealed);

    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string flipped = whole;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
        support::write(folder / "flipped", flipped);
        INFO(i);
        CHECK_THROWS_AS(io::require_sealed(io::Safetensors(folder / "flipped")), Error);
    }
}

TEST_CASE("seal: a file without a digest") {
    const support::Folder folder;
    io::SafetensorsWriter writer;
    writer.metadata("kind", "other");
    writer.write(folder / "open");
    CHECK_THROWS_WITH(io::require_sealed(io::Safetensors(folder / "open")),
                      Catch::Contains("digest: no such key in the metadata"));
}
