// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <iostream>
#include <set>

#include <coco/data/split.hpp>
#include <coco/data/synthetic.hpp>
#include <coco/eval/metrics.hpp>

using namespace coco;
using namespace coco::data;

namespace {

/// What an oracle uses of a history to predict the next goal.
enum class Recognition { order, counts, words };

/// N@10 on test of a scorer that uses the rules of the generator: the place goes up by one and no topic
/// occurs twice. `words` also reads the clues' titles; `counts` uses instead, for each clue, how often each
/// topic followed it in training, with additive smoothing; `order` uses neither.
double oracle(const Synthetic& shop, Recognition recognises) {
    const Index topics = shop.config.topics, places = shop.config.places;
    const Split split = leave_one_out(shop.data.interactions);
    const auto items = static_cast<std::size_t>(shop.data.catalogue.size());
    std::vector<std::vector<double>> followed(items,
                                              std::vector<double>(static_cast<std::size_t>(topics), 0.1));
    for (Id user = 0; user < split.train.users(); ++user)
        for (const Id clue : split.train.of(user))
            for (const Id goal : split.train.of(user))
                if (shop.is_clue(clue) && !shop.is_clue(goal))
                    followed[static_cast<std::size_t>(clue)][static_cast<std::size_t>(goal / places)] += 1;
    Metrics metrics;
    for (Index i = 0; i < split.test.size(); ++i) {
        const Case question = split.test[i];
        std::vector<float> by_topic(static_cast<std::size_t>(topics), 0.0f);
        for (const Id clue : question.history) {
            if (!shop.is_clue(clue)) continue;
            const auto& seen = followed[static_cast<std::size_t>(clue)];
            double total = 0;
            for (const double count : seen) total += count;
            for (std::size_t t = 0; t < seen.size(); ++t)
                if (recognises == Recognition::counts)
                    by_topic[t] = std::max(by_topic[t], static_cast<float>(seen[t] / total));
            for (const Id topic : shop.topics_of[static_cast<std::size_t>(clue)])
                if (recognises == Recognition::words) by_topic[static_cast<std::size_t>(topic)] = 1.0f;
        }
        for (const Id goal : question.history)
            if (!shop.is_clue(goal)) by_topic[static_cast<std::size_t>(goal / places)] -= 2.0f;
        std::vector<float> scores(items, -100.0f);
        const Id next = static_cast<Id>((question.history.back() + 1) % places);
        for (Id goal = 0; goal < static_cast<Id>(shop.goals()); ++goal)
            scores[static_cast<std::size_t>(goal)] = by_topic[static_cast<std::size_t>(goal / places)] +
                                                     (shop.place_of(goal) == next ? 10.0f : 0.0f);
        metrics.add(rank_of(scores, question.target, question.history));
    }
    return metrics.ndcg(10);
}

}  // namespace

TEST_CASE("the generated shop has clues and goals at their positions", "[data][synthetic]") {
    const Synthetic shop = synthetic();
    CHECK(shop.data.users.size() == 2000);
    CHECK(shop.data.catalogue.size() == 1000);
    CHECK(shop.goals() == 80);
    bool clues_first = true, distinct = true;
    for (Id user = 0; user < shop.data.interactions.users(); ++user) {
        const auto sequence = shop.data.interactions.of(user);
        clues_first = clues_first && sequence.size() == 8;
        for (std::size_t t = 0; t < sequence.size(); ++t)
            clues_first = clues_first && shop.is_clue(sequence[t]) == (t < 2);
        distinct = distinct && std::set<Id>(sequence.begin(), sequence.end()).size() == sequence.size();
    }
    CHECK(clues_first);
    CHECK(distinct);
    for (Id goal = 0; goal < 80; ++goal) CHECK(shop.data.catalogue.text(goal).empty());
    const Id clue = 500;
    std::string words;
    for (const Id topic : shop.topics_of[clue]) words += (words.empty() ? "" : " ") + made_word(topic);
    CHECK(shop.data.catalogue.title(clue) == words);
}

TEST_CASE("clues are too rare to be learnt by identifier, goals are not", "[data][synthetic]") {
    const Synthetic shop = synthetic();
    auto counts = leave_one_out(shop.data.interactions).train.counts(shop.data.catalogue.size());
    CHECK(*std::min_element(counts.begin(), counts.begin() + 80) >= 30);
    // Zipf: the first tenth of the clues by rank occurs several times as often as the last.
    const auto sum = [&](Index begin, Index end) {
        Index total = 0;
        for (Index i = begin; i < end; ++i) total += counts[static_cast<std::size_t>(80 + i)];
        return total;
    };
    CHECK(sum(0, 92) > 3 * sum(828, 920));
    std::sort(counts.begin(), counts.end());
    CHECK(counts[counts.size() / 2] <= 8);
}

TEST_CASE("scoring by words beats counting identifiers, which beats order alone", "[data][synthetic]") {
    for (const std::uint64_t seed : {0u, 1u}) {
        SyntheticConfig config;
        config.seed = seed;
        const Synthetic shop = synthetic(config);
        const double order = oracle(shop, Recognition::order), counts = oracle(shop, Recognition::counts);
        const double words = oracle(shop, Recognition::words);
        std::cout << "synthetic, seed " << seed << ", N@10 of oracles: order " << order
                  << ", order and counts of "
                  << "identifiers " << counts << ", order and words " << words << '\n';
        CHECK(words > 0.75);
        CHECK(words > counts + 0.12);
        CHECK(counts > order + 0.1);
        CHECK(order > 0.25);
    }
}

TEST_CASE("the shop is a function of its config", "[data][synthetic]") {
    const Synthetic a = synthetic(), b = synthetic();
    CHECK(a.data.interactions.items() == b.data.interactions.items());
    CHECK(a.data.catalogue.digest() == b.data.catalogue.digest());
    SyntheticConfig other;
    other.seed = 1;
    CHECK(synthetic(other).data.interactions.items() != a.data.interactions.items());
}

TEST_CASE("generated words are all different", "[data][synthetic]") {
    std::set<std::string> words;
    for (Index n = 0; n < 5000; ++n) words.insert(made_word(n));
    CHECK(words.size() == 5000);
}

TEST_CASE("a shop with impossible settings is an error", "[data][synthetic]") {
    SyntheticConfig config;
    config.topics = 5;
    CHECK_THROWS_WITH(synthetic(config), Catch::Contains("more topics wished for"));
    config = {};
    config.clues = 1;
    CHECK_THROWS_WITH(synthetic(config), Catch::Contains("too few clues"));
    config = {};
    config.places = 0;
    CHECK_THROWS_AS(synthetic(config), Error);
    config = {};
    config.noise = 2;
    CHECK_THROWS_AS(synthetic(config), Error);
}

TEST_CASE("two tastes: the same word leads to one topic or to another, and only the first item tells",
          "[data][synthetic]") {
    SyntheticConfig config;
    config.users = 400;
    config.noise = 0;
    config.tastes = 2;
    const Synthetic shop = synthetic(config);
    REQUIRE(shop.data.catalogue.size() == shop.goals() + config.clues + 2);
    REQUIRE(shop.topics_of.size() == static_cast<std::size_t>(shop.data.catalogue.size()));
    for (Id user = 0; user < static_cast<Id>(config.users); ++user) {
        const std::span<const Id> all = shop.data.interactions.of(user);
        const Id taste = static_cast<Id>(all[0] - shop.goals() - config.clues);
        REQUIRE(taste == user % 2);
        CHECK(shop.data.catalogue.text(all[0]).empty());
        std::set<Id> wanted, taken;
        for (const Id item : all.subspan(1))
            if (shop.is_clue(item))
                for (const Id topic : shop.topics_of[static_cast<std::size_t>(item)])
                    wanted.insert(static_cast<Id>((topic + taste * config.topics / 2) % config.topics));
            else
                taken.insert(shop.topics_of[static_cast<std::size_t>(item)][0]);
        CHECK(wanted == taken);
    }
    // One taste is the shop as it was: the same draws.
    config.tastes = 1;
    const Synthetic one = synthetic(config);
    CHECK(one.data.interactions.of(1)[0] == shop.data.interactions.of(1)[1]);
    config.tastes = 0;
    CHECK_THROWS_WITH(synthetic(config), Catch::Contains("a size is not positive"));
}
