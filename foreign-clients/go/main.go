// go-stomp over gorilla's WebSocket against a server: `talk HOST:PORT`. Prints `ok NAME` or `not ok NAME: WHY` a check.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
	"github.com/gorilla/websocket"
)

const wait = 20 * time.Second

// The server beats every 10 s; both sides give up on a partner who is silent for 15 to 20 s.
const beats = 25 * time.Second

// stream makes one stream of bytes of the messages of a WebSocket, which is what go-stomp wants.
type stream struct {
	*websocket.Conn
	rest io.Reader
}

func (s *stream) Read(into []byte) (int, error) {
	for {
		if s.rest == nil {
			_, next, err := s.NextReader()
			if err != nil {
				return 0, err
			}
			s.rest = next
		}
		count, err := s.rest.Read(into)
		if err == io.EOF {
			s.rest = nil
			if count == 0 {
				continue
			}
			err = nil
		}
		return count, err
	}
}

func (s *stream) Write(bytes []byte) (int, error) {
	return len(bytes), s.WriteMessage(websocket.TextMessage, bytes)
}

func connect(user string, options ...func(*stomp.Conn) error) (*stomp.Conn, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"v12.stomp"}, HandshakeTimeout: wait}
	socket, _, err := dialer.Dial("ws://"+os.Args[1]+"/ws", nil)
	if err != nil {
		return nil, err
	}
	return stomp.Connect(&stream{Conn: socket}, append(options, stomp.ConnOpt.Header("X-User-Id", user))...)
}

type message struct {
	Content         string `json:"content"`
	SenderID        string `json:"senderId"`
	ClientMessageID string `json:"clientMessageId"`
	Status          string `json:"status"`
	Seq             int    `json:"seq"`
}

// until returns the first message that is wanted.
func until(from *stomp.Subscription, wanted func(message) bool) (*stomp.Message, message, error) {
	deadline := time.After(wait)
	for {
		select {
		case raw, open := <-from.C:
			if !open {
				return nil, message{}, fmt.Errorf("the subscription ended")
			}
			if raw.Err != nil {
				return nil, message{}, raw.Err
			}
			var body message
			if err := json.Unmarshal(raw.Body, &body); err != nil {
				return nil, message{}, err
			}
			if wanted(body) {
				return raw, body, nil
			}
		case <-deadline:
			return nil, message{}, fmt.Errorf("nothing came for %s", wait)
		}
	}
}

func unique(label string) string { return label + " " + strconv.FormatInt(time.Now().UnixNano(), 36) }

func body(values map[string]string) []byte {
	bytes, _ := json.Marshal(values)
	return bytes
}

func talksInTheRoom() error {
	conn, err := connect("go-talks")
	if err != nil {
		return err
	}
	room, err := conn.Subscribe("/topic/messages", stomp.AckAuto)
	if err != nil {
		return err
	}
	text := unique("Ein Gruß 🐹")
	if err := conn.Send("/app/chat", "application/json", body(map[string]string{"content": text}), stomp.SendOpt.Receipt); err != nil {
		return err
	}
	_, got, err := until(room, func(m message) bool { return m.Content == text })
	if err != nil {
		return err
	}
	if got.SenderID != "go-talks" {
		return fmt.Errorf("sent by %q", got.SenderID)
	}
	return conn.Disconnect()
}

func acksADirectMessage() error {
	sender, err := connect("go-sender")
	if err != nil {
		return err
	}
	confirmations, err := sender.Subscribe("/user/queue/confirmations", stomp.AckAuto)
	if err != nil {
		return err
	}
	reader, err := connect("go-reader")
	if err != nil {
		return err
	}
	inbox, err := reader.Subscribe("/user/queue/messages", stomp.AckClientIndividual)
	if err != nil {
		return err
	}
	mine := strconv.FormatInt(time.Now().UnixNano(), 36)
	request := map[string]string{"recipientId": "go-reader", "content": "psst", "clientMessageId": mine}
	if err := sender.Send("/app/chat.send", "application/json", body(request), stomp.SendOpt.Receipt); err != nil {
		return err
	}
	raw, _, err := until(inbox, func(m message) bool { return m.ClientMessageID == mine })
	if err != nil {
		return err
	}
	if err := reader.Ack(raw); err != nil {
		return err
	}
	if _, _, err := until(confirmations, func(m message) bool { return m.ClientMessageID == mine && m.Status == "DELIVERED" }); err != nil {
		return err
	}
	if err := sender.Disconnect(); err != nil {
		return err
	}
	return reader.Disconnect()
}

func commitsATransaction() error {
	conn, err := connect("go-commits")
	if err != nil {
		return err
	}
	room, err := conn.Subscribe("/topic/messages", stomp.AckAuto)
	if err != nil {
		return err
	}
	first, second := unique("first"), unique("second")
	transaction := conn.Begin()
	for _, text := range []string{first, second} {
		if err := transaction.Send("/app/chat", "application/json", body(map[string]string{"content": text})); err != nil {
			return err
		}
	}
	if err := transaction.Commit(); err != nil {
		return err
	}
	_, one, err := until(room, func(m message) bool { return m.Content == first })
	if err != nil {
		return err
	}
	_, two, err := until(room, func(m message) bool { return m.Content == second })
	if err != nil {
		return err
	}
	if two.Seq != one.Seq+1 {
		return fmt.Errorf("seqs %d and %d", one.Seq, two.Seq)
	}
	return conn.Disconnect()
}

func keepsItsHeartBeating() error {
	conn, err := connect("go-beats", stomp.ConnOpt.HeartBeat(time.Second, time.Second))
	if err != nil {
		return err
	}
	room, err := conn.Subscribe("/topic/typing", stomp.AckAuto)
	if err != nil {
		return err
	}
	select {
	case raw, open := <-room.C:
		return fmt.Errorf("the connection ended although both sides beat: open %v, %v", open, raw)
	case <-time.After(beats):
	}
	return conn.Disconnect()
}

func hearsWhyItIsRefused() error {
	conn, err := connect("go-nosy")
	if err != nil {
		return err
	}
	inbox, err := conn.Subscribe("/user/somebody-else/queue/messages", stomp.AckAuto)
	if err != nil {
		return err
	}
	select {
	case raw := <-inbox.C:
		if raw == nil || raw.Err == nil || raw.Header.Get(frame.Message) == "" {
			return fmt.Errorf("no ERROR with a message came: %v", raw)
		}
		return nil
	case <-time.After(wait):
		return fmt.Errorf("nothing came for %s", wait)
	}
}

func main() {
	failed := false
	for _, check := range []struct {
		name string
		run  func() error
	}{
		{"talks in the room", talksInTheRoom},
		{"acks a direct message", acksADirectMessage},
		{"commits a transaction", commitsATransaction},
		{"keeps its heart beating", keepsItsHeartBeating},
		{"hears why it is refused", hearsWhyItIsRefused},
	} {
		if err := check.run(); err != nil {
			failed = true
			fmt.Printf("not ok %s: %v\n", check.name, err)
		} else {
			fmt.Printf("ok %s\n", check.name)
		}
	}
	if failed {
		os.Exit(1)
	}
}
