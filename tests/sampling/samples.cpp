// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/sampling/samples.hpp>

using namespace coco::sampling;
using coco::Id;
using coco::Index;
using coco::data::Interactions;

namespace {

Interactions users_of_length(const std::vector<Index>& lengths) {
    Interactions all;
    for (const Index n : lengths) all.add(std::vector<Id>(static_cast<std::size_t>(n), 0));
    return all;
}

}  // namespace

TEST_CASE("every position: a short history is one window", "[data][samples]") {
    const auto samples = every_position(users_of_length({5, 1, 0, 2}), 50);
    CHECK(samples == std::vector<Sample>{{0, 0, 4, 0}, {3, 0, 1, 0}});
    CHECK(samples[0].rows() == 4);
    CHECK(samples[0].targets() == 4);
}

TEST_CASE("every position: a long history is cut into windows counted from its end", "[data][samples]") {
    CHECK(every_position(users_of_length({12}), 4) ==
          std::vector<Sample>{{0, 0, 3, 0}, {0, 3, 7, 3}, {0, 7, 11, 7}});
    CHECK(every_position(users_of_length({12}), 4, 2) ==
          std::vector<Sample>{{0, 0, 3, 0}, {0, 1, 5, 3}, {0, 3, 7, 5}, {0, 5, 9, 7}, {0, 7, 11, 9}});
}

TEST_CASE("every position and every prefix train each target exactly once", "[data][samples]") {
    const Interactions train = users_of_length({1, 2, 3, 49, 50, 51, 52, 100, 101, 102, 777});
    for (const Index context : {0, 1, 25, 49}) {
        for (const auto& samples : {every_position(train, 50, context), every_prefix(train, 50)}) {
            std::vector<std::vector<int>> seen;
            for (Id u = 0; u < train.users(); ++u)
                seen.emplace_back(static_cast<std::size_t>(train.length(u)), 0);
            bool sound = true;
            for (const Sample& s : samples) {
                sound = sound && s.rows() >= 1 && s.rows() <= 50 && s.begin >= 0 && s.first_target >= s.begin;
                for (Index t = s.first_target; t < s.end; ++t)
                    ++seen[static_cast<std::size_t>(s.user)][static_cast<std::size_t>(t + 1)];
            }
            for (const auto& user : seen)
                for (std::size_t t = 0; t < user.size(); ++t) sound = sound && user[t] == (t == 0 ? 0 : 1);
            CHECK(sound);
        }
    }
}

TEST_CASE("every prefix: the last items before the target, its row last", "[data][samples]") {
    CHECK(every_prefix(users_of_length({4}), 2) ==
          std::vector<Sample>{{0, 0, 1, 0}, {0, 0, 2, 1}, {0, 1, 3, 2}});
    CHECK(rows_of(every_prefix(users_of_length({4}), 2)) == 5);
}

TEST_CASE("invalid windows are errors", "[data][samples]") {
    CHECK_THROWS_AS(every_position(users_of_length({4}), 0), coco::Error);
    CHECK_THROWS_AS(every_position(users_of_length({4}), 4, 4), coco::Error);
    CHECK_THROWS_AS(every_prefix(users_of_length({4}), 0), coco::Error);
}

TEST_CASE("held back: each user's newest train item alone, and every other target without it", "[samples]") {
    const Interactions train = users_of_length({5, 1, 0, 2, 60});
    CHECK(newest(train, 50) == std::vector<Sample>{{0, 0, 4, 3}, {3, 0, 1, 0}, {4, 9, 59, 58}});
    for (const auto& all : {every_prefix(train, 50), every_position(train, 50)}) {
        Index targets = 0;
        for (const Sample& s : without_newest(all, train)) {
            CHECK(s.end <= train.length(s.user) - 2);
            targets += s.targets();
        }
        CHECK(targets == 3 + 58);
    }
    CHECK(without_newest(every_position(train, 50), train) ==
          std::vector<Sample>{{0, 0, 3, 0}, {4, 0, 9, 0}, {4, 9, 58, 9}});
}
