// SPDX-License-Identifier: Apache-2.0
/// \file
/// A generated data set in which each part of a model has its own signal: item order from identifiers, user
/// interests from text. The next item depends on the text of items too rare to be learnt by identifier.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/random.hpp>
#include <coco/core/types.hpp>
#include <coco/data/dataset.hpp>

namespace coco::data {

/// Sizes and rates of the generated data set.
struct SyntheticConfig {
    Index users = 2000;
    Index topics = 16;          ///< kinds of goal, each with one word that denotes it
    Index places = 5;           ///< goals per topic; the place determines the order in which goals are taken
    Index clues = 920;          ///< rare items whose title is made of topic words
    Index topics_per_clue = 3;  ///< words in a clue's title
    Index clues_per_user = 2;
    double zipf = 0.5;   ///< exponent of the Zipf law by which a clue's popularity falls with its rank
    double noise = 0.1;  ///< share of goals taken at random
    Index tastes = 1;    ///< more than 1: what a word means depends on the user's taste
    std::uint64_t seed = 0;
};

/// The generated data and its config. Goals have identifiers topic * places + place; clues follow.
struct Synthetic {
    Dataset data;
    SyntheticConfig config;
    /// Of a clue: the topics in its title; of a goal: its one topic; of a taste: none.
    std::vector<std::vector<Id>> topics_of;

    Index goals() const { return config.topics * config.places; }
    bool is_clue(Id item) const { return item >= goals() && item < goals() + config.clues; }
    Id place_of(Id goal) const { return static_cast<Id>(goal % config.places); }
};

/// A pronounceable word of three syllables, unique for each n below 70^3.
inline std::string made_word(Index n) {
    std::string word;
    for (Index rest = n * 12347 % 343000; word.size() < 6; rest /= 70) {
        word += "bdfgklmnprstvz"[rest % 14];
        word += "aeiou"[rest / 14 % 5];
    }
    return word;
}

/// Generates the data set; the result depends on the config only.
///
/// A user takes `clues_per_user` clues, drawn by a Zipf law, no two of which share a topic. Then the user
/// takes one goal for each topic of these clues, in random order. The place increases by one from goal to
/// goal, modulo `places`. For the prediction of the next goal this means:
///  * The identifiers of goals give the place (the order, learnt from frequent items) and the topics done.
///  * The words of clues give the remaining topics. The identifiers of clues carry little of this, as most
///    clues occur only a few times, while a word is shared by many clues.
/// The last two items, the targets of validation and test, are goals. Goals have no text.
///
/// With several tastes a user first takes the item of his taste, which has no text, and a word that names
/// topic t leads him to topic t + taste * topics / tastes: the same words mean different things to different
/// people, and only identifiers tell who is who. \throws Error where the config cannot be satisfied
class Generator {
public:
    explicit Generator(const SyntheticConfig& config) : config_(config), random_(config.seed, 0x73796e74) {
        require(config.users >= 1 && config.topics >= 1 && config.places >= 1 && config.clues >= 1 &&
                    config.topics_per_clue >= 1 && config.clues_per_user >= 1 && config.tastes >= 1,
                "synthetic", "a size is not positive");
        require(config.topics_per_clue * config.clues_per_user <= config.topics, "synthetic",
                "more topics wished for than there are", text_of("at most ", config.topics),
                text_of(config.topics_per_clue * config.clues_per_user));
        require(config.topics < 343000, "synthetic", "more words than can be made");
        require(config.noise >= 0 && config.noise <= 1, "synthetic", "noise is no share", "0 .. 1",
                text_of(config.noise));
    }

    Synthetic run() {
        Synthetic out;
        out.config = config_;
        add_goals(out);
        add_clues(out);
        for (Index taste = 0; config_.tastes > 1 && taste < config_.tastes; ++taste) {
            out.data.catalogue.add(text_of("taste-", taste));
            out.topics_of.emplace_back();
        }
        for (Index user = 0; user < config_.users; ++user) {
            out.data.users.add(text_of("user-", user));
            std::vector<Id> topics;
            std::vector<Id> sequence = draw_clues(out, topics);
            if (config_.tastes > 1) {
                const Index taste = user % config_.tastes;
                sequence.insert(sequence.begin(), static_cast<Id>(out.goals() + config_.clues + taste));
                for (Id& topic : topics)
                    topic =
                        static_cast<Id>((topic + taste * config_.topics / config_.tastes) % config_.topics);
            }
            draw_goals(std::move(topics), sequence);
            out.data.interactions.add(sequence);
        }
        return out;
    }

private:
    Id below(Index n) { return static_cast<Id>(random_.below(static_cast<std::uint32_t>(n))); }

    void add_goals(Synthetic& out) {
        for (Index topic = 0; topic < config_.topics; ++topic)
            for (Index place = 0; place < config_.places; ++place) {
                out.data.catalogue.add(text_of("goal-", topic, "-", place));
                out.topics_of.push_back({static_cast<Id>(topic)});
            }
    }

    void add_clues(Synthetic& out) {
        std::vector<Id> topics(static_cast<std::size_t>(config_.topics));
        for (std::size_t t = 0; t < topics.size(); ++t) topics[t] = static_cast<Id>(t);
        double total = 0;
        for (Index clue = 0; clue < config_.clues; ++clue) {
            random_.shuffle(topics);
            out.topics_of.emplace_back(topics.begin(), topics.begin() + config_.topics_per_clue);
            std::string title;
            for (const Id topic : out.topics_of.back()) {
                if (!title.empty()) title += ' ';
                title += made_word(topic);
            }
            out.data.catalogue.add(text_of("clue-", clue), {title, "", "", "", ""});
            total += std::pow(static_cast<double>(clue + 1), -config_.zipf);
            popularity_.push_back(total);
        }
    }

    std::vector<Id> draw_clues(const Synthetic& out, std::vector<Id>& topics) {
        std::vector<Id> clues;
        for (int tries = 0; static_cast<Index>(clues.size()) < config_.clues_per_user; ++tries) {
            if (tries == 100000) throw Error("synthetic", "too few clues on different topics");
            const auto at = std::upper_bound(popularity_.begin(), popularity_.end() - 1,
                                             random_.uniform() * popularity_.back());
            const Id clue = static_cast<Id>(out.goals() + (at - popularity_.begin()));
            const std::vector<Id>& named = out.topics_of[static_cast<std::size_t>(clue)];
            if (std::find_first_of(topics.begin(), topics.end(), named.begin(), named.end()) != topics.end())
                continue;
            clues.push_back(clue);
            topics.insert(topics.end(), named.begin(), named.end());
        }
        return clues;
    }

    void draw_goals(std::vector<Id> topics, std::vector<Id>& sequence) {
        random_.shuffle(topics);
        Id place = below(config_.places);
        for (const Id topic : topics) {
            Id goal = static_cast<Id>(topic * config_.places + place);
            const bool random = random_.uniform() < config_.noise;
            while (random || std::find(sequence.begin(), sequence.end(), goal) != sequence.end()) {
                goal = below(config_.topics * config_.places);
                if (std::find(sequence.begin(), sequence.end(), goal) == sequence.end()) break;
            }
            sequence.push_back(goal);
            place = static_cast<Id>((goal + 1) % config_.places);
        }
    }

    SyntheticConfig config_;
    RandomStream random_;
    std::vector<double> popularity_;
};

inline Synthetic synthetic(const SyntheticConfig& config = {}) { return Generator(config).run(); }

}  // namespace coco::data
