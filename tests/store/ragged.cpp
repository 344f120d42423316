// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/core/random.hpp>
#include <coco/host/host.hpp>
#include <coco/store/ragged.hpp>

using namespace coco;

TEST_CASE("offsets grow by segments, empty ones too", "[ragged]") {
    Offsets o;
    CHECK(o.count() == 0);
    CHECK(o.rows() == 0);
    CHECK(o.longest() == 0);
    for (const Index n : {3, 0, 5, 1}) o.push(n);
    CHECK(o.at == std::vector<Id>{0, 3, 3, 8, 9});
    CHECK(o.count() == 4);
    CHECK(o.longest() == 5);
    const Segments<Host> s{o.at, {o.at.data(), 5}, o.longest()};
    CHECK(s.count() == 4);
    CHECK(s.rows() == 9);
    CHECK(s.begin(2) == 3);
    CHECK(s.end(2) == 8);
    CHECK(s.length(1) == 0);
    o.clear();
    CHECK(o.at == std::vector<Id>{0});
    const Segments<Host> none;
    CHECK(none.count() == 0);
    CHECK(none.rows() == 0);
}

TEST_CASE("the inverse of a gather lists the reading rows of each row, in order", "[ragged]") {
    InverseLists lists;
    const std::vector<Id> gathered{4, 1, no_id, 4, 0, 1, 4};
    lists.build(gathered, 6);
    CHECK(lists.id == std::vector<Id>{0, 1, 4});
    CHECK(lists.offsets == std::vector<Id>{0, 1, 3, 6});
    CHECK(lists.place == std::vector<Id>{4, 1, 5, 0, 3, 6});
}

TEST_CASE("a rebuilt inverse discards the old one, and equals naive loops", "[ragged]") {
    InverseLists lists;
    RandomStream random(3);
    for (const Index rows : {9, 1, 300, 5}) {
        std::vector<Id> gathered;
        for (int k = 0; k < 200; ++k)
            gathered.push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(rows) + 1)) - 1);
        lists.build(gathered, rows);
        std::vector<Id> id, offsets{0}, place;
        for (Id r = 0; r < rows; ++r) {
            for (std::size_t k = 0; k < gathered.size(); ++k)
                if (gathered[k] == r) place.push_back(static_cast<Id>(k));
            if (static_cast<Id>(place.size()) == offsets.back()) continue;
            id.push_back(r);
            offsets.push_back(static_cast<Id>(place.size()));
        }
        CHECK(lists.id == id);
        CHECK(lists.offsets == offsets);
        CHECK(lists.place == place);
    }
    lists.build(std::vector<Id>{}, 4);
    CHECK(lists.id.empty());
    CHECK(lists.offsets == std::vector<Id>{0});
}

TEST_CASE("inverse lists of few rows of many are those of the counting sort", "[ragged]") {
    std::vector<Id> gathered;
    for (Id k = 0; k < 50; ++k) gathered.push_back(k % 7 == 3 ? -1 : k * 37 % 23 * 40000);
    InverseLists sorted, counted;
    sorted.build(gathered, 1000000);
    std::vector<Id> small;
    for (const Id id : gathered) small.push_back(id < 0 ? -1 : id / 40000);
    counted.build(small, 23);
    CHECK(sorted.place == counted.place);
    CHECK(sorted.offsets == counted.offsets);
    REQUIRE(sorted.id.size() == counted.id.size());
    for (std::size_t s = 0; s < sorted.id.size(); ++s) CHECK(sorted.id[s] == counted.id[s] * 40000);
    sorted.build(std::vector<Id>{}, 1000000);
    CHECK(sorted.id.empty());
    CHECK(sorted.offsets == std::vector<Id>{0});
}
