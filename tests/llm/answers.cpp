// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/llm/answers.hpp>

#include "conformance/policy_under_test.hpp"
#include "io/support.hpp"
#include "llm/support.hpp"

using namespace support;
using Catch::Matchers::Contains;
using P = coco::conformance::PolicyUnderTest<double>;
using Ids = std::vector<Id>;

namespace {

/// Two of them alike.
const std::vector<Ids> prompts{{3, 1, 4, 1, 5}, {9}, {2, 6, 5, 3, 5, 8, 9, 7, 9}, {3, 2}, {9}, {1, 1, 1}};

std::string numerals(std::span<const Id> written) {
    std::string text;
    for (const Id id : written) text += std::to_string(id) + " ";
    return text;
}

coco::llm::Generation drawn(Index at_once) {
    coco::llm::Generation how;
    how.max_tokens = 6;
    how.temperature = 1.5;
    how.stop = {4, 11};
    how.at_once = at_once;
    return how;
}

struct Asking {
    Bench<P> bench{coco::llm::random_source(small_config(), 5)};

    bool operator()(coco::io::AnswerFile& file, const std::vector<Ids>& some, Index at_once,
                    const std::function<bool(Index)>& on_progress = {}) {
        return coco::llm::answer(file, bench.on, bench.decoder, bench.parameters, bench.adapter,
                                 std::span(some), drawn(at_once), numerals, on_progress);
    }
};

}  // namespace

TEST_CASE("answers: depend on the prompt, not on others, their order, batches or interruptions",
          "[answers]") {
    const Folder folder;
    Asking ask;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        coco::io::AnswerFile alone(folder / std::to_string(i), "tiny");
        CHECK(ask(alone, {prompts[i]}, 1));
        expected.push_back(alone.find(coco::llm::digest_of(prompts[i]))->text);
    }
    CHECK(expected[1] == expected[4]);
    CHECK(expected[0] != expected[2]);

    const auto agrees = [&](const coco::io::AnswerFile& file) {
        for (std::size_t i = 0; i < prompts.size(); ++i)
            CHECK(file.find(coco::llm::digest_of(prompts[i]))->text == expected[i]);
    };
    coco::io::AnswerFile together(folder / "together", "tiny");
    CHECK(ask(together, prompts, 16));
    CHECK(together.size() == 5);
    agrees(together);

    std::vector<Index> known;
    {
        coco::io::AnswerFile stopped(folder / "stopped", "tiny");
        CHECK_FALSE(ask(stopped, prompts, 2, [&](Index n) { return known.push_back(n), n < 4; }));
        CHECK(known == std::vector<Index>{3, 5});
        CHECK(stopped.size() == 4);
    }
    coco::io::AnswerFile resumed(folder / "stopped", "tiny");
    CHECK(ask(resumed, {prompts.rbegin(), prompts.rend()}, 3,
              [&](Index n) { return known.push_back(n), true; }));
    CHECK(known == std::vector<Index>{3, 5, 6});
    agrees(resumed);
    CHECK(ask(resumed, prompts, 3, [](Index) -> bool { throw std::logic_error("asked again"); }));
}

TEST_CASE("answers: tell whether the model ended them; none is as good as any", "[answers]") {
    const Folder folder;
    Asking ask;
    coco::io::AnswerFile file(folder / "a", "tiny");
    std::vector<Ids> many;
    for (Id a = 0; a < 31; ++a)
        for (Id b = 0; b < 4; ++b) many.push_back({a, b});
    CHECK(ask(file, many, 16));
    Index ended = 0, empty = 0;
    for (const Ids& prompt : many) {
        const coco::io::Answer& answer = *file.find(coco::llm::digest_of(prompt));
        const auto words = std::count(answer.text.begin(), answer.text.end(), ' ');
        CHECK(answer.ended == (words < 6));
        ended += answer.ended;
        empty += answer.text.empty();
    }
    CHECK(ended > 0);
    CHECK(ended < static_cast<Index>(many.size()));
    CHECK(empty > 0);
}

TEST_CASE("answers: the origin says what they depend on", "[answers]") {
    coco::llm::TextModel model{coco::llm::random_source(small_config(), 5), {}, "digest"};
    coco::llm::Generation how = drawn(1), other = how;
    other.at_once = 7;
    const std::string origin = coco::llm::origin_of(model, how);
    CHECK(coco::llm::origin_of(model, other) == origin);
    other.seed = 2;
    CHECK(coco::llm::origin_of(model, other) != origin);
    CHECK(coco::llm::origin_of(model, how, "actor") != origin);
    how.stop.pop_back();
    CHECK(coco::llm::origin_of(model, how) != origin);
}

TEST_CASE("answers: a prompt that cannot be read is an error before any is asked", "[answers]") {
    const Folder folder;
    Asking ask;
    coco::io::AnswerFile file(folder / "a", "tiny");
    CHECK_THAT(error_of([&] { ask(file, {{1}, {}}, 1); }), Contains("prompt 1: is empty"));
    CHECK_THAT(error_of([&] { ask(file, {{1}, {31}}, 1); }), Contains("token without an embedding"));
    CHECK(file.size() == 0);
}
