// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <span>
#include <vector>

#include <coco/io/safetensors.hpp>
#include <coco/io/safetensors_writer.hpp>

#include "support.hpp"

using Catch::Matchers::Contains;
using coco::io::Safetensors;
using coco::io::SafetensorsWriter;

TEST_CASE(
    "safetensors writer: what was written is read again; equal contents give equal bytes in any order of "
    "adding") {
    const support::Folder folder;
    const std::vector<float> f{1.5f, -2.0f, 3.25f};
    const std::vector<double> d{0.1};
    const std::vector<std::uint8_t> u{1, 2, 3, 4, 5};
    SafetensorsWriter one, two;
    one.metadata("b", "2");
    one.metadata("a", "Ä\n\"");
    one.add<float>("f", {3, 1}, f);
    one.add<std::uint8_t>("u", {5}, u);
    one.add<double>("d", {}, d);
    one.add("e", coco::io::Dtype::bf16, {0}, {});
    two.add("e", coco::io::Dtype::bf16, {0}, {});
    two.add<double>("d", {}, d);
    two.add<std::uint8_t>("u", {5}, u);
    two.add<float>("f", {3, 1}, f);
    two.metadata("a", "Ä\n\"");
    two.metadata("b", "2");
    one.write(folder / "one");
    two.write(folder / "two");
    CHECK(support::slurp(folder / "one") == support::slurp(folder / "two"));
    const Safetensors file(folder / "one");
    CHECK(file.metadata("a") == "Ä\n\"");
    CHECK(file.metadata().size() == 2);
    const auto found = file.get<float>("f", {3, 1});
    CHECK(std::vector<float>(found.begin(), found.end()) == f);
    CHECK(file.get<double>("d", {})[0] == 0.1);
    CHECK(file.get<std::uint8_t>("u", {5})[4] == 5);
    CHECK(file.tensor("e").bytes.empty());
}

TEST_CASE("safetensors writer: a file without tensors") {
    const support::Folder folder;
    SafetensorsWriter().write(folder / "empty");
    CHECK(Safetensors(folder / "empty").tensors().empty());
}

TEST_CASE("safetensors writer: errors") {
    const support::Folder folder;
    SafetensorsWriter writer;
    const std::vector<float> values{1, 2, 3};
    writer.add<float>("a", {3}, values);
    CHECK_THAT(support::error_of([&] { writer.add<float>("a", {3}, values); }),
               Contains("a: tensor added twice"));
    CHECK_THAT(support::error_of([&] { writer.add<float>("b", {4}, values); }),
               Contains("b: wrong number of bytes: expected 16, found 12"));
    CHECK_THAT(support::error_of([&] { writer.add<float>("__metadata__", {3}, values); }),
               Contains("reserved"));
    writer.metadata("text", "\xff");
    CHECK_THAT(support::error_of([&] { writer.write(folder / "file"); }), Contains("UTF-8"));
    CHECK(std::filesystem::is_empty(folder.path()));
}
